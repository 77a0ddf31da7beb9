/**
 * `npm run bench`: runs the example on the local cloud, once with a spot notice and once killed without one, and prints
 * what it took. Measurements only: nothing is asserted, here or in a test.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { type LocalCloud, startLocalCloud } from '../local/cloud';
import { synthesize } from '../local/synthesize';
import { clientsFor, closeClients } from '../scripts/quickstart/clients';
import { type JobRun, runJob } from '../scripts/quickstart/run-job';
import type { Disturbance } from '../scripts/quickstart/run-view';

import { bundleSizes } from './bundle-sizes';
import { interruptionTimes, readSession, secondsToFirstLine, stateTransitions } from './measure';
import { passRows } from './measure-passes';
import { type Row, table } from './table';
import { measureTransfers, sizesFrom } from './transfers/measure-transfers';

const ROOT = path.join(__dirname, '..');

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

/** Of every invocation of a function while a job ran. */
interface Invocation {
  functionName: string;
  awsCalls?: number | undefined;
  initRealMs?: number | undefined;
}

async function main(): Promise<void> {
  if (process.argv.includes('--transfers')) return transfersAlone();
  const workDir = await mkdtemp(path.join(tmpdir(), 'runctl-bench-'));
  try {
    const assemblyDir = path.join(workDir, 'cdk.out');
    const [, synthSeconds] = await timed(() => synthesize(ROOT, assemblyDir));
    const notice = await measureJob(assemblyDir, path.join(workDir, 'notice'), 'notice');
    const kill = await measureJob(assemblyDir, path.join(workDir, 'kill'), 'kill');
    print('Time', [
      ['cdk synth', seconds(synthSeconds)],
      ['local cloud start', seconds(notice.startSeconds)],
      ['start-execution → first training line', seconds(notice.firstLineSeconds)],
      ['notice → SIGTERM at the training process', seconds(notice.noticeToSignalSeconds)],
      ['notice → replacement launch requested', seconds(notice.noticeToLaunchSeconds)],
      ['whole job, interrupted with notice', seconds(notice.run.seconds)],
      ['whole job, host killed', seconds(kill.run.seconds)],
    ]);
    print('Steps lost', [
      ['graceful', stepsLost(notice.run)],
      [`hard kill (a checkpoint every ${kill.run.evidence.saveEverySteps})`, stepsLost(kill.run)],
    ]);
    print('One job, interrupted once', [
      ['state transitions', String(notice.transitions)],
      ['Lambda invocations', String(notice.invocations.length)],
      ['AWS calls of the functions', String(sum(notice.invocations.map(({ awsCalls }) => awsCalls ?? 0)))],
    ]);
    print('Functions: bundle, module load (cold)', functionRows(await bundleSizes(assemblyDir), notice.invocations));
    print(
      'One pass of each scheduled function (in memory: no network time; calls wait for AWS’s request rates)',
      passRows(assemblyDir),
    );
    await printTransfers(path.join(workDir, 'transfers'));
    console.log(`\nNode ${process.version}, ${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}).`);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function transfersAlone(): Promise<void> {
  const workDir = await mkdtemp(path.join(tmpdir(), 'runctl-bench-'));
  try {
    await printTransfers(workDir);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function printTransfers(workDir: string): Promise<void> {
  const { rows, notes } = await measureTransfers(workDir, sizesFrom(process.env));
  print(
    'Data to and from the local cloud’s S3 over loopback (the best of each; its CPU is beside ours on the same cores)',
    rows,
  );
  for (const note of notes) console.log(`  ${note}`);
}

async function measureJob(assemblyDir: string, dataDir: string, disturbance: Disturbance) {
  const invocations: Invocation[] = [];
  const onInvocation = (invocation: Invocation) => void invocations.push(invocation);
  const [cloud, startSeconds] = await timed(() => startLocalCloud({ assemblyDir, dataDir, port: 0, onInvocation }));
  try {
    const run = await runJob({
      cloud,
      disturbance,
      signal: new AbortController().signal,
      screen: { show: () => {} },
      exampleDir: path.join(ROOT, 'examples/digits'),
      resultsDir: path.join(dataDir, 'results'),
      now: Date.now,
    });
    return { run, startSeconds, invocations, ...(await readRecords(cloud, run)) };
  } finally {
    await cloud.close();
  }
}

async function readRecords(cloud: LocalCloud, { sessionId, executionArn }: JobRun) {
  const clients = clientsFor(cloud);
  const { endpoint, region, logGroup, tableName } = cloud;
  const logs = new CloudWatchLogsClient({ endpoint, region, credentials: { accessKeyId: 'l', secretAccessKey: 'l' } });
  try {
    const session = await readSession(clients.dynamodb, tableName, sessionId);
    return {
      firstLineSeconds: await secondsToFirstLine({ states: clients.states, logs }, { executionArn, logGroup }),
      transitions: await stateTransitions(clients.states, executionArn),
      ...interruptionTimes(session),
    };
  } finally {
    closeClients(clients);
    logs.destroy();
  }
}

function functionRows(sizes: ReadonlyMap<string, number>, invocations: readonly Invocation[]): Row[] {
  return [...sizes].map(([name, bytes]) => {
    const loads = invocations
      .filter((each) => each.functionName.includes(name))
      .flatMap((each) => each.initRealMs ?? []);
    const load = loads[0] === undefined ? 'not called' : `${Math.round(loads[0])} ms`;
    const shortName = name.replace(/^ControlPlane|Function[0-9A-F]{8}$/g, '');
    return [shortName, `${Math.round(bytes / 1024)} KB`, load];
  });
}

function stepsLost({ evidence }: JobRun): string {
  const [first, second] = evidence.attempts;
  if (first?.lastStep == null || second?.resumedAtStep == null) return 'unknown';
  return String(Math.max(0, first.lastStep - second.resumedAtStep));
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startedAt = performance.now();
  const result = await work();
  return [result, (performance.now() - startedAt) / 1000];
}

function print(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`);
  for (const line of table(rows)) console.log(`  ${line}`);
}

const seconds = (value: number | null) => (value === null ? 'unknown' : `${value.toFixed(1)} s`);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
