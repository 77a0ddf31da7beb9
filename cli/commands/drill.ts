import { Command, Option } from 'commander';
import type { CliContext } from '../context';
import type { DrillOptions } from '../drill/run-drill';
import type { ExitCode } from '../exit-codes';
import { collect, parsePositive, withJson } from '../options';

export function drillCommand(context: CliContext, exit: (code: ExitCode) => void): Command {
  return withJson(new Command('drill'))
    .description(
      'rehearse a job on a local cloud of its own: interrupt it, take its host away, and check that it goes on where it was',
    )
    .argument('<job.json>', 'the job; its code and data must be on this machine')
    .option('--set <key=value>', 'change the job, e.g. data=./sample; may be repeated', collect, [])
    .addOption(new Option('--minutes <minutes>', 'give up after so long').argParser(parsePositive).default(15))
    .option('--to-the-end', 'let it finish after that, instead of stopping it')
    .addHelpText('after', '\nIt runs on this machine, with the first of its instance types in name only.')
    .action(async (file: string, options: DrillOptions) => {
      const { runDrill } = await import('../drill/run-drill');
      exit(await runDrill(context, file, options));
    });
}
