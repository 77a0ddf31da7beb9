/**
 * One attempt on one node: boot → code → data → wait → resume → train → upload → the last word → power off.
 * Every stage gives way to the first reason to stop; what was trained by then is saved and uploaded first.
 */

import type { Order } from '../core/node/lease';
import { instanceIdOf } from '../core/s3-layout';
import { describeResume, type Resumed, resume } from './checkpoints/resume';
import { prepareImage } from './container/docker';
import type { AgentConfig, AgentContext, AgentPorts } from './context';
import { finish } from './finish';
import { isGang } from './lease-keeper';
import { openContext } from './open-context';
import { userIdsOf } from './peers';
import { processesOf } from './process-table';
import { messageOf } from './retry';
import { stageCode, stageData } from './stage-in';
import type { Ending } from './state-file';
import { type StopLatch, Stopped, unlessStopped } from './stop-latch';
import { rankOf } from './this-node';
import { stopTraining, type Trained, train } from './train';
import { dockerOptions } from './training-command';
import { trainingMarker } from './training-environment';
import type { TransferMeter } from './transfer-meter';

const POWER_OFF_RETRY_MS = 10_000;

/**
 * Runs the attempt to its end and asks for power off, again and again, until the machine is gone or `leave` aborts.
 * After a notice the machine is left to AWS, which waives the first hour of an instance only if it ends it itself
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-for-interrupted-spot-instances.html).
 * Rejects only when there is nothing to run: the plan cannot be read, or the machine is another attempt's.
 */
export async function runAgent(
  config: AgentConfig,
  ports: AgentPorts,
  latch: StopLatch,
  leave: AbortSignal,
): Promise<void> {
  const context = await openContext(config, ports, latch);
  const { state, closing, log, clock } = context;
  if (state.state.phase !== 'done') {
    const { ending, shutdown } = await untilEnding(context);
    await finish(context, ending, shutdown);
  }
  closing.abort();
  if (context.notices.notice) await clock.sleep(config.intervals.noticeToPowerOff, leave);
  do {
    await ports.powerOff().catch((error: unknown) => log(`power off: ${messageOf(error)}`));
    await clock.sleep(POWER_OFF_RETRY_MS, leave);
  } while (!leave.aborted);
}

async function untilEnding(context: AgentContext): Promise<Trained> {
  const { state, latch, reporter } = context;
  const { ending } = state.state;
  if (ending) {
    await recallCheckpoints(context);
    await context.watcher.sweep({ wasKilled: true });
    return { ending, shutdown: null };
  }
  try {
    return await runStages(context);
  } catch (error) {
    if (error instanceof Stopped && latch.first) return { ending: cutShort(context), shutdown: null };
    const failure = { outcome: 'failed' as const, reason: null, exitCode: null, signal: null, error: messageOf(error) };
    return { ending: { ...failure, stage: reporter.stage }, shutdown: null };
  }
}

function cutShort({ latch, reporter, state }: AgentContext): Ending {
  const { first } = latch;
  const hasTrained = state.state.phase === 'training';
  // The ranks here were ended by this restart; the others failed for it, and the order to stop is only what followed.
  if (hasTrained && first?.reason === 'PeerLost') return endedByRestart(reporter.stage);
  return {
    outcome: first?.kind ?? 'interrupted',
    reason: first?.reason ?? null,
    exitCode: null,
    signal: null,
    error: null,
    stage: reporter.stage,
  };
}

async function runStages(context: AgentContext): Promise<Trained> {
  const { state, reporter, latch, lease } = context;
  if (context.secretsProblem !== undefined) throw new Error(context.secretsProblem);
  if (state.state.phase === 'staging') await stageIn(context);
  const isRestart = state.state.phase === 'training';
  if (isRestart) await recover(context);
  reporter.enter('wait');
  const order = await unlessStopped(latch, lease.untilGo());
  if (isRestart && isGang(order)) return { ending: endedByRestart(reporter.stage), shutdown: null };
  reporter.enter('resume');
  const resumed = await unlessStopped(latch, resumeFrom(context, order));
  if (latch.signal.aborted) throw new Stopped('stopped');
  await startUploads(context, order);
  reporter.enter('train');
  return train(context, order, resumed);
}

/** One node cannot begin anew where the others are: the whole gang does. */
function endedByRestart(stage: Ending['stage']): Ending {
  return { outcome: 'interrupted', reason: 'AgentRestarted', exitCode: null, signal: null, error: null, stage };
}

async function stageIn(context: AgentContext): Promise<void> {
  const { reporter, latch, plan, folders, clock, log, store, state, freeBytes } = context;
  const options = {
    clock,
    log,
    store,
    freeBytes,
    signal: latch.signal,
    volumeGiB: plan.job.resources.volumeGiB,
    partials: folders.partials,
    onBegin: (meter: TransferMeter) => reporter.follow(meter),
  };
  if (plan.job.resources.image !== null) await bringImage(context, plan.job.resources.image);
  reporter.enter('code');
  await unlessStopped(latch, stageCode(plan.job.code, folders.work, folders.scratch, options));
  reporter.enter('data');
  await unlessStopped(latch, stageData(plan.job.data, folders.data, options));
  state.save({ phase: 'staged' });
}

/** First of all: a name that is wrong is told before hours of data. */
async function bringImage(context: AgentContext, image: string): Promise<void> {
  const { reporter, latch } = context;
  reporter.enter('image');
  const onFraction = (fraction: number | null) => reporter.setFraction(fraction);
  const brought = prepareImage({ ...dockerOptions(context), image, signal: latch.signal, onFraction });
  await unlessStopped(latch, brought);
}

/** An earlier process of the agent died while training went on: end it with grace, and keep what it saved. */
async function recover(context: AgentContext): Promise<void> {
  const { config, reporter, uploader, watcher, clock } = context;
  reporter.enter('resume');
  reporter.warn('The agent was restarted; training is ended and goes on from its newest checkpoint.');
  await recallCheckpoints(context);
  const processes = { marker: trainingMarker(config.sessionId, context.userId) };
  const isAlive = () => processesOf(processes).length > 0;
  context.watcher.follow(isAlive);
  if (isAlive()) {
    // What is seen closed while training lives is whole.
    await watcher.look();
    await clock.sleep(config.intervals.hastyCheckpointPoll);
    await watcher.look();
    await stopTraining(context, processes);
  } else {
    await watcher.sweep({ wasKilled: true });
  }
  await unlessStopped(context.latch, uploader.drain());
}

async function recallCheckpoints({ watcher, uploader, state }: AgentContext): Promise<void> {
  watcher.recall(state.state);
  // Without the others' names its shard would pass for a whole checkpoint.
  if (state.state.shard) uploader.commitShards(state.state.shard);
  await uploader.recall(state.state.unfinishedCheckpoint);
}

async function resumeFrom(context: AgentContext, order: Order): Promise<Resumed | undefined> {
  const { clock, log, store, config, folders, reporter, userId, state } = context;
  const found = await resume({
    clock,
    log,
    store,
    bucket: config.bucket,
    warn: (text) => reporter.warn(text),
    candidates: [...new Set([userId, ...order.resumeCandidates])],
    rank: rankOf(context, order),
    checkpointFolder: folders.checkpoints,
    root: folders.work,
    scratchFolder: `${folders.scratch}-resume`,
    onBytes: () => {},
  });
  if (found === undefined) {
    log('there is no checkpoint to resume from; training begins anew');
    return undefined;
  }
  log(describeResume(found));
  const { userId: from, sequence, step, name } = found.manifest;
  const [newest] = found.passedOver;
  if (newest) reporter.warn(`${newest.name} and others were saved while the loss was no number, and are passed over.`);
  reporter.resumedFrom = { userId: from, sequence, step, name };
  state.save({ resumedFrom: reporter.resumedFrom });
  return found;
}

/** Only rank 0 uploads checkpoints unless the job says otherwise; a node that is not named has no rank. */
async function startUploads(context: AgentContext, order: Order): Promise<void> {
  const { plan, watcher, uploader, closing, latch, userId, state } = context;
  const isNamed = order.nodes.some(({ instanceId }) => instanceId === instanceIdOf(userId));
  const uploads = plan.job.checkpoints.upload === 'all' || !isNamed || rankOf(context, order) === 0;
  const isSharded = plan.job.checkpoints.upload === 'all' && isGang(order) && isNamed;
  const shard = isSharded ? { rank: rankOf(context, order), userIds: userIdsOf(context, order) } : null;
  state.save({ uploadsCheckpoints: uploads, shard, known: await watcher.ignorePresent(), finished: {} });
  if (!uploads) return;
  if (shard) uploader.commitShards(shard);
  await unlessStopped(latch, uploader.recall());
  watcher.run(closing.signal).catch((error: unknown) => context.log(`checkpoints: ${messageOf(error)}`));
}
