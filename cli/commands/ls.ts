import { Command, Option } from 'commander';
import type { CliContext } from '../context';
import { type CloudOptions, type JsonOption, parseCount, withCloud, withJson } from '../options';

interface Options extends CloudOptions, JsonOption {
  limit: number;
  running?: true;
  project?: string;
  owner?: string;
}

export function lsCommand(context: CliContext): Command {
  return withJson(withCloud(new Command('ls')))
    .alias('list')
    .description('sessions, the newest first: state, attempt, progress, time left, cost')
    .addOption(new Option('-n, --limit <count>', 'at most so many').argParser(parseCount).default(20))
    .option('--running', 'only those whose execution runs')
    .option('--project <name>', 'only of this project')
    .option('--owner <name>', 'only of this owner')
    .action((options: Options) => ls(context, options));
}

async function ls(context: CliContext, options: Options): Promise<void> {
  const { openCloud } = await import('../cloud/open-cloud');
  const { sessionView } = await import('../../core/view/session-view');
  const { Printer } = await import('../terminal/printer');
  const { renderList } = await import('../render/list');
  const cloud = await openCloud(context, options);
  const { limit, running, project, owner, json } = options;
  const sources = await cloud.sessions.list({ limit, ...(running ? { status: 'RUNNING' } : {}) });
  const views = sources
    .map(sessionView)
    .filter(
      ({ job }) => (project === undefined || job?.project === project) && (owner === undefined || job?.owner === owner),
    );
  const printer = new Printer(context);
  if (json) return printer.json(views.map(({ timeline: _, attempts: __, ...summary }) => summary));
  if (views.length === 0) return printer.note(`No sessions. To start one: ${cloud.command('submit', 'job.json')}`);
  printer.lines(renderList(views, cloud.clock.now(), printer.paint));
}
