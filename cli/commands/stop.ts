import { Command } from 'commander';
import type { CliContext } from '../context';
import type { ExitCode } from '../exit-codes';
import { withCloud, withJson } from '../options';
import type { StopOptions } from '../stop-session';

export function stopCommand(context: CliContext, exit: (code: ExitCode) => void): Command {
  return withJson(withCloud(new Command('stop')))
    .description(
      'stop a session: training gets SIGTERM, saves, and what it saved is uploaded; then says what was saved',
    )
    .argument('<session>', 'session id')
    .option('--now', 'do not wait for a last checkpoint')
    .option('--no-wait', 'ask only, and do not wait for the end')
    .action(async (sessionId: string, options: StopOptions) => {
      const { openCloud } = await import('../cloud/open-cloud');
      const { stopSession } = await import('../stop-session');
      exit(await stopSession(context, await openCloud(context, options), sessionId, options));
    });
}
