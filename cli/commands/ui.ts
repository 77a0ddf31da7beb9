import { Command, Option } from 'commander';
import type { CliContext } from '../context';
import { type CloudOptions, parsePort, withCloud } from '../options';

interface Options extends CloudOptions {
  port?: number;
}

export function uiCommand(context: CliContext): Command {
  return withCloud(new Command('ui'))
    .description('the web page: sessions, charts, logs, costs, and buttons; on 127.0.0.1 until Ctrl-C')
    .addOption(
      new Option('--port <port>', 'of 127.0.0.1 (default: 4567, or any free one when that is taken)').argParser(
        parsePort,
      ),
    )
    .action(async (options: Options) => {
      const { openCloud } = await import('../cloud/open-cloud');
      const { runPage } = await import('../ui/serve-page');
      await runPage(context, await openCloud(context, options), options);
    });
}
