import { Command, Option } from 'commander';
import type { CliContext } from '../context';
import { EXIT, type ExitCode } from '../exit-codes';
import { type CloudOptions, type JsonOption, parsePositive, withCloud, withJson } from '../options';

interface Options extends CloudOptions, JsonOption {
  addUsd: number;
  addHours: number;
  id?: string;
  watch?: true;
}

export function resumeCommand(context: CliContext, exit: (code: ExitCode) => void): Command {
  return withJson(withCloud(new Command('resume')))
    .description(
      'go on with a session that was stopped or failed: a new one, from its newest verified checkpoint, with what is left of its limits',
    )
    .argument('<session>', 'session id')
    .addOption(new Option('--add-usd <dollars>', 'raise limits.maxUsd by so much').argParser(parsePositive).default(0))
    .addOption(
      new Option('--add-hours <hours>', 'raise limits.maxHours by so much').argParser(parsePositive).default(0),
    )
    .option('--id <session>', 'session id of the new one; without it <name>-<date>-<time>')
    .option('--watch', 'follow it to its end, as runctl watch does')
    .action(async (sessionId: string, options: Options) => exit(await resume(context, sessionId, options)));
}

async function resume(context: CliContext, sessionId: string, options: Options): Promise<ExitCode> {
  const { openCloud } = await import('../cloud/open-cloud');
  const { resumeJob } = await import('../../core/plan/resume-job');
  const { startSession } = await import('../start-session');
  const { asCliError } = await import('../job-error');
  const { CliError } = await import('../cli-error');
  const cloud = await openCloud(context, options);
  const { session } = await cloud.sessions.find(sessionId);
  if (session === null) {
    throw new CliError(`${sessionId} was never planned: there is nothing to go on with.`, {
      exitCode: EXIT.invalidJob,
    });
  }
  const { addUsd, addHours, id, json, watch } = options;
  const job = asCliError(() => resumeJob(session, { addUsd, addHours, now: cloud.clock.now() }));
  const started = await startSession(context, cloud, { job, id, json });
  if (!watch) return EXIT.ok;
  const { watchSession } = await import('../watch-session');
  return watchSession(context, cloud, started, options);
}
