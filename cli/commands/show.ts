import { Command } from 'commander';
import type { CliContext } from '../context';
import { type CloudOptions, type JsonOption, withCloud, withJson } from '../options';

export function showCommand(context: CliContext): Command {
  return withJson(withCloud(new Command('show')))
    .description(
      'everything about a session: attempts, pools tried, notices, saves, resumes, and every decision with its reason',
    )
    .argument('<session>', 'session id')
    .action((sessionId: string, options: CloudOptions & JsonOption) => show(context, sessionId, options));
}

async function show(context: CliContext, sessionId: string, options: CloudOptions & JsonOption): Promise<void> {
  const { openCloud } = await import('../cloud/open-cloud');
  const { sessionView } = await import('../../core/view/session-view');
  const { Printer } = await import('../terminal/printer');
  const { renderShow } = await import('../render/show');
  const cloud = await openCloud(context, options);
  const view = sessionView(await cloud.sessions.find(sessionId, 'all'));
  const printer = new Printer(context);
  if (options.json) printer.json(view);
  else printer.lines(renderShow(view, printer.paint, cloud.command));
}
