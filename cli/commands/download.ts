import { Command } from 'commander';
import type { CliContext } from '../context';
import type { DownloadCommandOptions } from '../download-session';
import type { ExitCode } from '../exit-codes';
import { withCloud, withJson } from '../options';

export function downloadCommand(context: CliContext, exit: (code: ExitCode) => void): Command {
  return withJson(withCloud(new Command('download')))
    .description('bring the results of a session here, every file checked against its hash')
    .argument('<session>', 'session id')
    .argument('[folder]', 'where to; without it results/<session>')
    .option('--checkpoint [step]', 'a checkpoint instead: of this step, or the newest that is whole')
    .action(async (sessionId: string, folder: string | undefined, options: DownloadCommandOptions) => {
      const { openCloud } = await import('../cloud/open-cloud');
      const { downloadSession } = await import('../download-session');
      exit(await downloadSession(context, await openCloud(context, options), { sessionId, folder, options }));
    });
}
