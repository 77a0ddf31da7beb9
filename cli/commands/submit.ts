import { Command } from 'commander';
import type { CliContext } from '../context';
import { EXIT, type ExitCode } from '../exit-codes';
import { type CloudOptions, collect, type JsonOption, withCloud, withJson } from '../options';

interface Options extends CloudOptions, JsonOption {
  set: string[];
  id?: string;
  watch?: true;
}

export function submitCommand(context: CliContext, exit: (code: ExitCode) => void): Command {
  return withJson(withCloud(new Command('submit')))
    .description('start a job; folders of this machine that it names as code or data are uploaded first')
    .argument('<job.json>', 'the job; comments are allowed')
    .option('--set <key=value>', 'change the job, e.g. limits.maxUsd=10; may be repeated', collect, [])
    .option('--id <session>', 'session id; without it <name>-<date>-<time>')
    .option('--watch', 'follow it to its end, as runctl watch does')
    .action(async (file: string, options: Options) => exit(await submit(context, file, options)));
}

async function submit(context: CliContext, file: string, options: Options): Promise<ExitCode> {
  const { openCloud } = await import('../cloud/open-cloud');
  const { readSpec } = await import('../spec/read-spec');
  const { prepareJob } = await import('../submit-job');
  const { requireSessionId, startSession } = await import('../start-session');
  const { Printer } = await import('../terminal/printer');
  const printer = new Printer(context);
  // Before anything is uploaded.
  if (options.id !== undefined) requireSessionId(options.id);
  const spec = await readSpec(context, file, options.set);
  const cloud = await openCloud(context, options);
  const job = await prepareJob(context, cloud, spec, printer);
  const sessionId = await startSession(context, cloud, { job, id: options.id, json: options.json });
  if (!options.watch) return EXIT.ok;
  const { watchSession } = await import('../watch-session');
  return watchSession(context, cloud, sessionId, options);
}
