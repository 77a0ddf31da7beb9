import { Command, InvalidArgumentError, Option } from 'commander';
import type { CliContext } from '../context';
import { type CloudOptions, type JsonOption, parseCount, withCloud, withJson } from '../options';

interface Options extends CloudOptions, JsonOption {
  by: 'owner' | 'project' | 'job' | 'session' | 'day';
  month?: string;
  months: number;
  csv?: true;
}

export function costsCommand(context: CliContext): Command {
  return withJson(withCloud(new Command('costs')))
    .description('what was spent: per owner, project, job, session or day, against on demand, and what was wasted')
    .addOption(
      new Option('--by <group>', 'one row for each')
        .choices(['owner', 'project', 'job', 'session', 'day'])
        .default('project'),
    )
    .addOption(new Option('--month <month>', 'e.g. 2026-11; without it this one').argParser(parseMonth))
    .addOption(new Option('--months <count>', 'so many months, up to that one').argParser(parseCount).default(1))
    .option('--csv', 'comma-separated values')
    .action((options: Options) => costs(context, options));
}

async function costs(context: CliContext, options: Options): Promise<void> {
  const { openCloud } = await import('../cloud/open-cloud');
  const { readLedger } = await import('../cloud/ledger');
  const { costReport } = await import('../../core/view/cost-report');
  const { costsCsv, renderCosts } = await import('../render/costs');
  const { monthsUpTo } = await import('../months');
  const { Printer } = await import('../terminal/printer');
  const cloud = await openCloud(context, options);
  const months = monthsUpTo(options.month ?? new Date(cloud.clock.now()).toISOString().slice(0, 7), options.months);
  const entries = await readLedger(cloud.client, cloud.stack.tableName, months);
  const report = costReport(entries, options.by, months);
  const printer = new Printer(context);
  if (options.json) return printer.json(report);
  if (options.csv) return printer.lines(costsCsv(report));
  if (report.rows.length === 0) {
    const of = months.join(', ');
    return printer.note(
      `The ledger has nothing of ${of}. It is written every five minutes; until then: ${cloud.command('ls')}`,
    );
  }
  printer.lines(renderCosts(report, printer.paint));
}

function parseMonth(text: string): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) throw new InvalidArgumentError('A month is expected, such as 2026-11.');
  return text;
}
