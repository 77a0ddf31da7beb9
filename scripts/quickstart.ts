/**
 * `npm run quickstart`: synthesizes the CDK app, starts the local cloud from that very template, trains the example on
 * it, interrupts it in the middle, and checks that nothing was lost. Exits with 0 only if everything held.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import picocolors from 'picocolors';
import { startLocalCloud } from '../local/cloud';
import { synthesize } from '../local/synthesize';
import { checkPython } from './quickstart/check-python';
import { judge } from './quickstart/checks';
import { report } from './quickstart/report';
import { runJob } from './quickstart/run-job';
import type { Disturbance } from './quickstart/run-view';
import { Screen } from './quickstart/screen';

const ROOT = path.join(__dirname, '..');
const RESULTS_DIR = path.join('.runctl', 'quickstart', 'results');
const EXIT_INTERRUPTED = 130;
/** Lines of the local cloud's log that are shown when something did not hold. */
const MOST_COMPLAINTS = 30;

// Node 20 is supported here; the SDK's notice that its own support ends is not for the reader of a progress bar.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

interface Flags {
  interrupt: boolean;
  hardKill?: true;
  keep?: true;
}

async function main(): Promise<number> {
  const program = new Command('npm run quickstart --')
    .description('Trains a real model on a cloud of your own machine, interrupts it, and checks that nothing was lost.')
    .option('--no-interrupt', 'let it train without any trouble')
    .option('--hard-kill', 'take the host away without a notice, instead of the two-minute spot notice')
    .option('--keep', 'keep the local cloud’s data folder and say where it is')
    .parse();
  const flags = program.opts<Flags>();
  if (flags.hardKill && !flags.interrupt) program.error('--hard-kill and --no-interrupt exclude each other.');
  const disturbance = flags.hardKill ? 'kill' : flags.interrupt ? 'notice' : 'none';

  const stop = new AbortController();
  // The first Ctrl-C cleans up; a second one does not wait for that.
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      process.once(name, () => process.exit(EXIT_INTERRUPTED));
      stop.abort();
    });
  }
  const workDir = await mkdtemp(path.join(tmpdir(), 'runctl-quickstart-'));
  try {
    return await quickstart(disturbance, workDir, stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    console.error('\nInterrupted: the local cloud and its instances are gone.');
    return EXIT_INTERRUPTED;
  } finally {
    if (flags.keep) console.log(`The local cloud's data is in ${workDir}.`);
    else await rm(workDir, { recursive: true, force: true });
  }
}

async function quickstart(disturbance: Disturbance, workDir: string, signal: AbortSignal): Promise<number> {
  await checkPython();
  const assemblyDir = path.join(workDir, 'cdk.out');
  await step('synthesizing the CDK app', () => synthesize(ROOT, assemblyDir));
  const dataDir = path.join(workDir, 'cloud');
  const complaints: string[] = [];
  const log = (line: string) => void complaints.push(line);
  const cloud = await step('starting the local cloud from that template', () =>
    startLocalCloud({ assemblyDir, dataDir, port: 0, log }),
  );
  try {
    const run = await runJob({
      cloud,
      disturbance,
      signal,
      screen: new Screen(process.stdout),
      exampleDir: path.join(ROOT, 'examples/digits'),
      resultsDir: RESULTS_DIR,
      now: Date.now,
    });
    const checks = judge(run.evidence);
    for (const line of report({ ...run, checks }, picocolors.isColorSupported)) console.log(line);
    if (checks.every(({ isOk }) => isOk)) return 0;
    for (const line of complaints.slice(-MOST_COMPLAINTS)) console.error(picocolors.dim(line));
    console.error('With --keep the local cloud’s data (bucket, table, instances’ logs) stays for a look.');
    return 1;
  } finally {
    await cloud.close();
  }
}

async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  process.stdout.write(`${what} … `);
  const startedAt = performance.now();
  const result = await work();
  console.log(picocolors.dim(`${((performance.now() - startedAt) / 1000).toFixed(1)} s`));
  return result;
}

main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    if (process.env['DEBUG']) console.error(error);
    process.exitCode = 1;
  },
);
