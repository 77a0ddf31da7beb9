/** Stage train: the command, until it ends or is to stop. */
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Order } from '../core/node/lease';
import type { ShutdownTiming } from '../core/node/node-status';
import { gangIsWholeSeconds, LAST_WORDS_SECONDS, UPLOAD_RESERVE } from '../core/node/way-out';
import type { Resumed } from './checkpoints/resume';
import type { AgentContext } from './context';
import { isGang } from './lease-keeper';
import { isPeerLeaving, isPeerSilent } from './peers';
import { type ProcessSet, processesOf } from './process-table';
import { messageOf } from './retry';
import { makeFolderInside } from './safe-path';
import type { Ending } from './state-file';
import type { StopCause } from './stop-latch';
import { devicesOf } from './this-node';
import { trainingCommand } from './training-command';
import { trainingMarker } from './training-environment';
import { type CommandEnd, endProcesses, TrainingProcess } from './training-process';
import { UsageMeter } from './usage-meter';

const SECOND_MS = 1000;
/** From SIGTERM on a script has at least this, however near the end is. */
const LEAST_GRACE_MS = 5 * SECOND_MS;
/** Kept for the upload before AWS takes the instance, when no upload was measured. */
const UPLOAD_RESERVE_MS = 20 * SECOND_MS;
/** A disk with less is full. */
const FULL_BYTES = 64 * 2 ** 20;

export interface Trained {
  ending: Ending;
  shutdown: ShutdownTiming | null;
}

export async function train(context: AgentContext, order: Order, resumed: Resumed | undefined): Promise<Trained> {
  const { latch, watcher, state, log } = context;
  const command = await start(context, order, resumed);
  state.save({ phase: 'training', hasTrained: true });
  watcher.follow(() => processesOf(command.processes).length > 0);
  await measureUsage(context, command.processes);
  const end = await Promise.race([command.ended, aborted(latch.signal)]);
  if (end !== undefined) {
    log(`the command ended with ${end.signal ?? `code ${end.exitCode}`}`);
    await command.clearLeftovers();
    // One rank of several may have died of a signal, or for want of disk, and its launcher says 1.
    await watcher.sweep({ wasKilled: end.exitCode !== 0 });
    return { ending: await withDiskNote(context, await ownEnding(context, order, end)), shutdown: null };
  }
  const stopped = await stopTraining(context, command.processes, command.ended);
  const { exitCode, signal } = await endWithin(context, command.ended);
  const { kind, reason } = await causeOf(context);
  return {
    ending: { outcome: kind, reason, exitCode, signal, error: null, stage: 'train' },
    shutdown: stopped,
  };
}

async function measureUsage(context: AgentContext, processes: ProcessSet): Promise<void> {
  const { clock, log, runTool, config, reporter, closing } = context;
  const meter = new UsageMeter({
    clock,
    log,
    runTool,
    intervalMs: config.intervals.heartbeat,
    ...(await devicesOf(context)),
    pids: () => processesOf(processes).map(({ pid }) => pid),
  });
  reporter.utilization = () => meter.tracker.utilization;
  meter.run(closing.signal).catch((error: unknown) => log(`utilization: ${messageOf(error)}`));
}

/** A script that could not write seldom says so as plainly. */
async function withDiskNote({ freeBytes, folders, plan }: AgentContext, ending: Ending): Promise<Ending> {
  if (ending.outcome !== 'failed') return ending;
  const free = await freeBytes(folders.work).catch(() => undefined);
  if (free === undefined || free > FULL_BYTES) return ending;
  const { volumeGiB } = plan.job.resources;
  const note = `the disk of ${volumeGiB} GiB is full; set resources.volumeGiB to more`;
  return { ...ending, error: `${ending.error ?? 'the command failed'}; ${note}` };
}

/** In a gang a command may end, with whatever code, because another node is going: that one, or the lease, says so. */
async function ownEnding(context: AgentContext, order: Order, end: CommandEnd): Promise<Ending> {
  if (!isGang(order)) return endingOf(end);
  const { lease, latch } = context;
  const [isLeft] = await Promise.all([isPeerLeaving(context, order), lease.look()]);
  const isByItself = end.exitCode === 0 || latch.first !== undefined;
  const reason = isLeft ? 'PeerLost' : isByItself ? undefined : await brokenBy(context, order);
  // Others are asked for a minute at worst, in which the order to stop may come.
  if (latch.first !== undefined) {
    return { outcome: latch.first.kind, reason: (await causeOf(context)).reason, ...end, error: null, stage: 'train' };
  }
  return reason === undefined ? endingOf(end) : { outcome: 'interrupted', reason, ...end, error: null, stage: 'train' };
}

/** Ranks fail when one of them cannot be reached: nobody's script is to blame. */
async function brokenBy(context: AgentContext, order: Order): Promise<string | undefined> {
  if (context.lease.wasCutOff) return 'CutOff';
  return (await isPeerSilent(context, order)) ? 'PeerLost' : undefined;
}

/** The order that this node's own notice brought about may come before the notice was seen here. */
async function causeOf({ latch, notices }: AgentContext): Promise<StopCause> {
  const first = latch.first as StopCause;
  if (first.reason !== 'PeerLost') return first;
  await notices.look();
  return notices.notice === undefined ? first : { ...first, reason: 'SpotNotice' };
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

function endingOf({ exitCode, signal }: CommandEnd): Ending {
  const outcome = exitCode === 0 ? 'succeeded' : 'failed';
  const error =
    exitCode === 0 ? null : signal ? `the command was ended by ${signal}` : `the command exited with code ${exitCode}`;
  return { outcome, reason: null, exitCode, signal, error, stage: 'train' };
}

/** Shells say 128 + n for a command of theirs that signal n ended. */
const endedBySignal = ({ exitCode, signal }: CommandEnd) => signal !== null || (exitCode ?? 0) > 128;

/** A process that hangs in the kernel never ends. */
function endWithin({ clock }: AgentContext, ended: Promise<CommandEnd>): Promise<CommandEnd> {
  const unknown: CommandEnd = { exitCode: null, signal: null };
  return Promise.race([ended, clock.sleep(SECOND_MS).then(() => unknown)]);
}

/**
 * SIGTERM, then SIGKILL at the grace's end, or as early as AWS's deadline less the upload asks. `ended` is the command's end
 * where it is known.
 */
export async function stopTraining(
  context: AgentContext,
  processes: ProcessSet,
  ended?: Promise<CommandEnd>,
): Promise<ShutdownTiming> {
  const { clock, latch, plan, watcher, uploader, log } = context;
  await peersTold(context, ended);
  const signalledAtMs = clock.monotonic();
  const sinceMs = latch.first?.sinceMs ?? signalledAtMs;
  const graceMs = plan.job.limits.graceSeconds * SECOND_MS;
  const killAtMs = () => {
    if (latch.immediate) return signalledAtMs;
    const latest = signalledAtMs + graceMs;
    if (latch.deadlineMs === null) return latest;
    return Math.min(latest, Math.max(latch.deadlineMs - reserveMs(context), signalledAtMs + LEAST_GRACE_MS));
  };
  watcher.hurry();
  uploader.hurry();
  const { wasKilled } = await endProcesses({
    clock,
    processes,
    killAtMs,
    onKill: () => {
      log('training did not end in time and is killed');
      return watcher.look();
    },
  });
  const end = ended && (await endWithin(context, ended));
  const saveSeconds = (clock.monotonic() - signalledAtMs) / SECOND_MS;
  // Without a handler SIGTERM ends a script in the middle of whatever it writes, and so does the end of another rank.
  const isCut = end === undefined || endedBySignal(end) || mayLackPeers(context, end, saveSeconds);
  await watcher.sweep({ wasKilled: wasKilled || isCut });
  return {
    noticeToSignalSeconds: (signalledAtMs - sinceMs) / SECOND_MS,
    saveSeconds,
    uploadSeconds: null,
  };
}

/** A code other than 0 alone says nothing: torchrun ends with 1 whenever it is told to stop. */
function mayLackPeers(context: AgentContext, { exitCode }: CommandEnd, saveSeconds: number): boolean {
  const { graceSeconds } = context.plan.job.limits;
  const isFailure = isGang(context.lease.order) && exitCode !== 0;
  return isFailure && saveSeconds > gangIsWholeSeconds(graceSeconds, reserveMs(context) / SECOND_MS);
}

/**
 * Ranks that lose a peer fail before they can save. So the notice of one node, which the control plane makes an order to
 * stop for all, is acted on here when that order has come, and with that everywhere at about the same time.
 */
async function peersTold(context: AgentContext, ended: Promise<CommandEnd> | undefined): Promise<void> {
  const { lease, latch, clock, config, notices } = context;
  if (latch.first?.reason !== 'SpotNotice' || !isGang(lease.order)) return;
  const decided = new AbortController();
  const pause = () => clock.sleep(config.intervals.noticeToPeersTold, decided.signal);
  const isTime = pause().then(() => Promise.race([notices.told, pause()]));
  await Promise.race([lease.untilStop(), isTime, ended]);
  decided.abort();
}

/** As long as the last checkpoint took to upload, half as much again, and the last words. */
function reserveMs({ reporter }: AgentContext): number {
  const measured = reporter.lastCheckpoint?.uploadSeconds;
  return (
    LAST_WORDS_SECONDS * SECOND_MS +
    (measured === undefined ? UPLOAD_RESERVE_MS : measured * UPLOAD_RESERVE * SECOND_MS)
  );
}

async function start(context: AgentContext, order: Order, resumed: Resumed | undefined): Promise<TrainingProcess> {
  const { clock, log, config, folders, plan } = context;
  const { job } = plan;
  for (const folder of [folders.work, folders.output, dirname(folders.trainingLog)])
    mkdirSync(folder, { recursive: true });
  makeFolderInside(folders.work, folders.checkpoints);
  if (config.user) {
    const owned = [folders.work, folders.data, folders.output];
    await promisify(execFile)('chown', ['-R', '-h', `${config.user.name}:`, ...owned]);
    if (job.aws) await context.allowMetadata(config.user.uid);
  }
  const { commandLine, input } = await trainingCommand(context, order, resumed);
  return new TrainingProcess({
    clock,
    log,
    commandLine,
    input,
    workFolder: folders.work,
    logPath: folders.trainingLog,
    marker: trainingMarker(config.sessionId, context.userId),
  });
}
