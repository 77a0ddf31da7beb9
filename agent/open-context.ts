/** Puts an attempt's parts together: who we are, what the plan says, and the background work. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { rankFromName } from '../core/checkpoints/checkpoint';
import { LEASE_MINUTES } from '../core/node/lease';
import { type Plan, planSchema } from '../core/plan/plan';
import { ProgressTracker } from '../core/progress';
import { logsPrefix, planKey } from '../core/s3-layout';
import type { Candidate } from './checkpoints/look';
import { CheckpointUploader } from './checkpoints/uploader';
import { CheckpointWatcher } from './checkpoints/watcher';
import { type AgentConfig, type AgentContext, type AgentPorts, type Folders, foldersOf } from './context';
import { DeadMan } from './dead-man';
import { tellNotice } from './finish';
import { LeaseKeeper } from './lease-keeper';
import { LogKeeper } from './log-keeper';
import { NoticeWatcher } from './notice-watcher';
import { messageOf, retry } from './retry';
import { StateFile } from './state-file';
import { StatusReporter } from './status-reporter';
import type { StopLatch } from './stop-latch';

const HOUR_MS = 3_600_000;
/** A node that cannot even read its plan has no more to say than its dead-man timer. */
const PATIENCE_MS = LEASE_MINUTES * 60_000;

interface Base extends AgentPorts {
  config: AgentConfig;
  userId: string;
  plan: Plan;
  folders: Folders;
  state: StateFile;
  latch: StopLatch;
  tracker: ProgressTracker;
  reporter: StatusReporter;
}

/** Everything opened and running, until `closing` aborts. */
export async function openContext(config: AgentConfig, ports: AgentPorts, latch: StopLatch): Promise<AgentContext> {
  const { clock, log } = ports;
  const deadMan = new DeadMan(config.home);
  deadMan.touch();
  const startedAt = new Date(clock.now()).toISOString();
  const state = new StateFile(join(config.home, 'agent-state.json'), {
    sessionId: config.sessionId,
    attempt: config.attempt,
    startedAt,
  });
  state.save({});
  const patiently = <T>(what: string, task: () => Promise<T>) =>
    retry(task, { clock, log, what, giveUpAfterMs: PATIENCE_MS });
  const userId = await patiently('identity', ports.identify);
  const tracker = new ProgressTracker();
  const reporter = openReporter(config, ports, userId, tracker);
  state.onTrouble = (why) => reporter.warn(`The agent's state could not be written: ${why}`);
  reporter.lastCheckpoint = state.state.lastCheckpoint;
  reporter.resumedFrom = state.state.resumedFrom;
  const plan = await patiently('plan', () => readPlan(config, ports));
  const folders = foldersOf(config.home, plan.job.checkpoints.dir);
  mkdirSync(folders.work, { recursive: true });
  const base: Base = { ...ports, config, userId, plan, folders, state, latch, tracker, reporter };
  const { secrets, secretsProblem } = await readSecrets(base);
  const uploader = openUploader(base);
  const lease = openLease(base, deadMan);
  const context: AgentContext = {
    ...base,
    secrets,
    secretsProblem,
    uploader,
    watcher: openWatcher(base, uploader),
    logKeeper: openLogKeeper(base, secrets),
    lease,
    notices: openNotices(base, lease),
    closing: new AbortController(),
  };
  latch.onChange(() => {
    if (!context.closing.signal.aborted) reporter.setStopping(latch.first?.reason ?? 'unknown');
    uploader.reconsider();
  });
  runInBackground(context);
  return context;
}

function runInBackground({ lease, notices, reporter, logKeeper, closing, log }: AgentContext): void {
  for (const work of [lease, notices, reporter, logKeeper]) {
    work.run(closing.signal).catch((error: unknown) => log(`background work ended: ${messageOf(error)}`));
  }
}

async function readPlan({ bucket, sessionId }: AgentConfig, { store }: AgentPorts): Promise<Plan> {
  const stored = await store.getText({ bucket, key: planKey(sessionId) });
  if (stored === undefined) throw new Error(`there is no plan of session ${sessionId} in ${bucket}`);
  return planSchema.parse(JSON.parse(stored.text));
}

async function readSecrets({ plan, readSecret }: Base): Promise<Pick<AgentContext, 'secrets' | 'secretsProblem'>> {
  const secrets: Record<string, string> = {};
  for (const [name, reference] of Object.entries(plan.job.secrets)) {
    try {
      secrets[name] = await readSecret(reference);
    } catch (error) {
      return { secrets, secretsProblem: `The secret ${name} (${reference}) could not be read: ${messageOf(error)}` };
    }
  }
  return { secrets, secretsProblem: undefined };
}

function openReporter(
  config: AgentConfig,
  ports: AgentPorts,
  userId: string,
  tracker: ProgressTracker,
): StatusReporter {
  const { clock, log, store } = ports;
  const { bucket, sessionId, attempt, intervals } = config;
  const progress = () => tracker.progress(clock.monotonic());
  return new StatusReporter({
    clock,
    log,
    store,
    bucket,
    userId,
    sessionId,
    attempt,
    heartbeatMs: intervals.heartbeat,
    progress,
  });
}

function openUploader(base: Base): CheckpointUploader {
  const { clock, log, store, config, userId, plan, state, latch, reporter, tracker } = base;
  const { bucket, sessionId, attempt } = config;
  return new CheckpointUploader({
    clock,
    log,
    store,
    bucket,
    userId,
    sessionId,
    attempt,
    keepLast: plan.job.checkpoints.keepLast,
    currentStep: () => tracker.progress(clock.monotonic()).step,
    notFinite: () => tracker.progress(clock.monotonic()).notFinite,
    warn: (text) => reporter.warn(text),
    onSkipped: ({ name, identity }) => state.save({ known: { ...state.state.known, [name]: identity } }),
    onUnfinished: (unfinishedCheckpoint) => state.save({ unfinishedCheckpoint }),
    secondsLeft: () => latch.secondsLeft,
    onCommitted: (checkpoint, { name, identity }, isDoubtful) => {
      if (!isDoubtful) reporter.noteSound(checkpoint);
      log(`checkpoint ${name} is committed as number ${checkpoint.sequence}`);
      reporter.lastCheckpoint = checkpoint;
      state.save({ known: { ...state.state.known, [name]: identity }, lastCheckpoint: checkpoint });
      reporter.report();
    },
  });
}

function openWatcher(
  { clock, log, config, plan, folders, state }: Base,
  uploader: CheckpointUploader,
): CheckpointWatcher {
  const { checkpointPoll, hastyCheckpointPoll } = config.intervals;
  return new CheckpointWatcher({
    clock,
    log,
    folder: folders.checkpoints,
    root: folders.work,
    pattern: plan.job.checkpoints.pattern,
    pollMs: checkpointPoll,
    hastyPollMs: hastyCheckpointPoll,
    onFinished: (candidate) => {
      if (!state.state.uploadsCheckpoints || isAnotherRanks(candidate, plan.job)) return;
      log(`checkpoint ${candidate.name} is finished`);
      state.save({ finished: { ...state.state.finished, [candidate.name]: candidate.identity } });
      uploader.offer(candidate);
    },
  });
}

/** Without being asked for all ranks' files, those that say another rank's name are none of a checkpoint. */
function isAnotherRanks({ kind, name }: Candidate, { checkpoints }: Plan['job']): boolean {
  return checkpoints.upload === 'rank0' && kind === 'file' && (rankFromName(name) ?? 0) !== 0;
}

function openLogKeeper(base: Base, secrets: Readonly<Record<string, string>>): LogKeeper {
  const { clock, log, store, config, userId, folders, tracker, openLogCopy } = base;
  const copy = openLogCopy(`${config.sessionId}/${config.attempt}/${userId.split(':')[1] ?? userId}`);
  return new LogKeeper({
    clock,
    log,
    store,
    prefix: { bucket: config.bucket, key: logsPrefix(userId) },
    path: folders.trainingLog,
    secrets: Object.values(secrets),
    pollMs: config.intervals.logPoll,
    uploadMs: config.intervals.logUpload,
    onLine: (line) => tracker.read(line, clock.now(), clock.monotonic()),
    ...(copy ? { copy } : {}),
  });
}

function openLease({ clock, log, store, latch, config, plan, state }: Base, deadMan: DeadMan): LeaseKeeper {
  const { maxHours } = plan.job.limits;
  const ranMs = Math.max(0, clock.now() - Date.parse(state.state.startedAt));
  return new LeaseKeeper({
    clock,
    log,
    store,
    latch,
    bucket: config.bucket,
    sessionId: config.sessionId,
    attempt: config.attempt,
    pollMs: config.intervals.leasePoll,
    limitAtMs: maxHours === null ? null : clock.monotonic() + maxHours * HOUR_MS - ranMs,
    onGood: () => {
      try {
        deadMan.touch();
      } catch (error) {
        log(`dead-man timer: ${messageOf(error)}`);
      }
    },
  });
}

function openNotices({ clock, log, metadata, latch, config, plan, reporter }: Base, lease: LeaseKeeper): NoticeWatcher {
  return new NoticeWatcher({
    clock,
    log,
    metadata,
    latch,
    pollMs: config.intervals.noticePoll,
    awsNow: () => lease.awsNow(),
    onNotice: (notice) =>
      tellNotice({ reporter, clock, log }, notice).catch((error: unknown) => log(`notice: ${messageOf(error)}`)),
    // A script cannot be asked to save without ending: the warning tells, a notice or the control plane acts.
    onRebalance: () => {
      reporter.isRebalanceRecommended = true;
      if (plan.job.on.rebalance === 'ignore') return reporter.report();
      reporter.warn('EC2 says that this instance is at a higher risk of interruption (rebalance recommendation).');
    },
  });
}
