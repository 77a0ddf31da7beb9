import { Command } from 'commander';
import type { CliContext } from '../context';
import type { ExitCode } from '../exit-codes';
import { type CloudOptions, type JsonOption, withCloud, withJson } from '../options';

export function watchCommand(context: CliContext, exit: (code: ExitCode) => void): Command {
  return withJson(withCloud(new Command('watch')))
    .description('follow a session to its end; ends with 0 only if it succeeded')
    .argument('<session>', 'session id')
    .addHelpText(
      'after',
      '\nOn a terminal it is drawn live; elsewhere each change is a line (with --json: a document a line).',
    )
    .action(async (sessionId: string, options: CloudOptions & JsonOption) => {
      const { openCloud } = await import('../cloud/open-cloud');
      const { watchSession } = await import('../watch-session');
      exit(await watchSession(context, await openCloud(context, options), sessionId, options));
    });
}
