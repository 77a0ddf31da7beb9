/** One job from submission to report, on a cloud that runs already. */
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import type { Receipt } from '../../core/costs/receipt';
import { parseS3Uri } from '../../core/s3-layout';
import type { Evidence } from './checks';
import { type Clients, clientsFor, closeClients } from './clients';
import { collectEvidence } from './collect-evidence';
import { attemptToInterrupt } from './interruption';
import { readJson } from './objects';
import type { AttemptView, Disturbance, RunView } from './run-view';
import { RunWatcher } from './run-watcher';
import type { Screen } from './screen';
import { sessionIdAt, submit } from './submit';

/** What is needed of the local cloud itself; the rest is done by AWS's own API. */
export interface JobCloud {
  endpoint: string;
  region: string;
  stateMachineArn: string;
  bucket: string;
  ec2: { interrupt(instanceId: string): unknown; kill(instanceId: string): unknown };
  /** Everything published to a topic so far. */
  notifications(): readonly { subject?: string | undefined }[];
}

export interface RunJobOptions {
  cloud: JobCloud;
  disturbance: Disturbance;
  screen: Pick<Screen, 'show'>;
  exampleDir: string;
  /** Results go to a folder below, named after the session. */
  resultsDir: string;
  now(): number;
  signal: AbortSignal;
}

export interface JobRun {
  sessionId: string;
  executionArn: string;
  evidence: Evidence;
  receipt: Receipt | null;
  resultsDir: string;
  seconds: number;
}

const LOOK_EVERY_MS = 250;
/** Far more than the job takes: by then something is stuck, and the user should see what. */
const GIVE_UP_SECONDS = 300;

export async function runJob(options: RunJobOptions): Promise<JobRun> {
  const clients = clientsFor(options.cloud);
  try {
    return await run(clients, options);
  } finally {
    closeClients(clients);
  }
}

async function run(clients: Clients, options: RunJobOptions): Promise<JobRun> {
  const { cloud, disturbance, exampleDir, now } = options;
  const { bucket, stateMachineArn } = cloud;
  const startedAtMs = now();
  const sessionId = sessionIdAt(new Date(startedAtMs));
  const submitted = await submit(clients, { exampleDir, bucket, stateMachineArn, sessionId });
  const { executionArn } = submitted;
  const watcher = new RunWatcher(clients, { sessionId, executionArn, bucket, now });
  const { view, disturbed } = await watch(watcher, options);
  if (view.execution.status === 'RUNNING') await clients.states.send(new StopExecutionCommand({ executionArn }));

  const resultsDir = path.join(options.resultsDir, sessionId);
  const { receiptUri, ...collected } = await collectEvidence(clients, {
    bucket,
    executionArn,
    disturbance,
    view,
    resultsDir,
    lastStepSeen: disturbed?.progress?.step ?? null,
    userIdOf: (instanceId) => watcher.userIdOf(instanceId),
  });
  const receiptAt = receiptUri === null ? undefined : parseS3Uri(receiptUri);
  const receipt = receiptAt && ((await readJson(clients.s3, receiptAt.bucket, receiptAt.key)) as Receipt | undefined);
  const subjects = cloud.notifications().map(({ subject }) => subject);
  const evidence: Evidence = {
    ...collected,
    saveEverySteps: submitted.saveEverySteps,
    notification: subjects.find((subject) => subject?.includes(sessionId)) ?? null,
    hasReceipt: receipt !== undefined,
  };
  const seconds = (now() - startedAtMs) / 1000;
  return { sessionId, executionArn, evidence, receipt: receipt ?? null, resultsDir, seconds };
}

/** Shows the job until it ends, and disturbs it once on the way. */
async function watch(watcher: RunWatcher, options: RunJobOptions) {
  let disturbed: AttemptView | undefined;
  let before: RunView | undefined;
  for (;;) {
    options.signal.throwIfAborted();
    const view = await watcher.look();
    options.screen.show(view);
    if (view.execution.status !== 'RUNNING') return { view, disturbed };
    if (view.elapsedSeconds > GIVE_UP_SECONDS) return { view, disturbed };
    disturbed ??= await disturb(watcher, options, attemptToInterrupt(view, before, options.disturbance));
    before = view;
    await pause(LOOK_EVERY_MS, undefined, { signal: options.signal });
  }
}

async function disturb(
  watcher: RunWatcher,
  { cloud, disturbance }: RunJobOptions,
  victim: AttemptView | undefined,
): Promise<AttemptView | undefined> {
  if (victim === undefined) return undefined;
  const at = `at step ${victim.progress?.step ?? '?'}`;
  if (disturbance === 'kill') {
    await cloud.ec2.kill(victim.instanceId);
    watcher.note(`took the host of ${victim.instanceId} away without a notice, ${at}`);
  } else {
    await cloud.ec2.interrupt(victim.instanceId);
    watcher.note(`sent ${victim.instanceId} the two-minute spot interruption notice, ${at}`);
  }
  return victim;
}
