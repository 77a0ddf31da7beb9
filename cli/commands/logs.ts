import { Command, Option } from 'commander';
import type { CliContext } from '../context';
import { parseCount, parseRank, withCloud, withJson } from '../options';
import type { LogsCommandOptions } from '../print-logs';

export function logsCommand(context: CliContext): Command {
  return withJson(withCloud(new Command('logs')))
    .description('what training printed, all attempts as one stream')
    .argument('<session>', 'session id')
    .option('-f, --follow', 'go on with what is new, attempt after attempt, until the session is over')
    .addOption(new Option('--attempt <number>', 'of this attempt only').argParser(parseCount))
    .addOption(new Option('--node <rank>', 'of the node of this rank').argParser(parseRank).default(0))
    .action(async (sessionId: string, options: LogsCommandOptions) => {
      const { openCloud } = await import('../cloud/open-cloud');
      const { printLogs } = await import('../print-logs');
      await printLogs(context, await openCloud(context, options), sessionId, options);
    });
}
