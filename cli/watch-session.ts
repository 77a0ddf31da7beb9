/** Shows a session until it is over. */

import { currentAttempt, leaderOf } from '../core/session/attempts';
import type { Session } from '../core/session/session';
import type { SessionView } from '../core/view/session-view';
import { Logs } from './cloud/logs';
import type { Cloud } from './cloud/open-cloud';
import type { CliContext } from './context';
import { EXIT, type ExitCode } from './exit-codes';
import { followSession } from './follow-session';
import type { JsonOption } from './options';
import { renderWatch, watchChanges } from './render/watch';
import { LiveArea } from './terminal/live-area';
import { Printer } from './terminal/printer';

const LOG_LINES = 5;

export async function watchSession(
  context: CliContext,
  cloud: Cloud,
  sessionId: string,
  { json }: JsonOption,
): Promise<ExitCode> {
  const printer = new Printer(context);
  const logs = new Logs(cloud);
  const area = json || context.stdout.isTTY !== true ? undefined : new LiveArea(context.stdout);
  let before: SessionView | undefined;
  const tellLeft = () => printer.note(`\nIt goes on. To stop it: ${cloud.command('stop', sessionId)}`);
  context.signal.addEventListener('abort', tellLeft, { once: true });
  for await (const { view, session } of followSession(context, cloud, sessionId)) {
    if (area) area.draw(renderWatch(view, await tailOf(logs, session, view), printer.paint));
    else if (json) tellChange(printer, before, view);
    else printer.lines(watchChanges(before, view));
    before = view;
  }
  context.signal.removeEventListener('abort', tellLeft);
  if (area && before?.outcome) printer.lines(['', ...before.outcome.message.split('\n')]);
  if (!json && before) printer.note(`next: ${nextStep(cloud, before)}`);
  return before?.state === 'succeeded' ? EXIT.ok : EXIT.sessionFailed;
}

function tellChange(printer: Printer, before: SessionView | undefined, view: SessionView): void {
  const changing = ({ elapsedSeconds: _, cost: __, totals: ___, ...rest }: SessionView) => JSON.stringify(rest);
  if (before === undefined || changing(before) !== changing(view)) printer.jsonLine(view);
}

async function tailOf(logs: Logs, session: Session | null, { isOver }: SessionView): Promise<string[]> {
  const attempt = session === null ? undefined : currentAttempt(session);
  const leader = attempt && leaderOf(attempt);
  if (!session || !attempt || !leader || isOver) return [];
  const { instanceId, userId } = leader;
  return logs.tail({ sessionId: session.sessionId, attempt: attempt.number, instanceId, userId }, LOG_LINES);
}

function nextStep(cloud: Cloud, { sessionId, state, outcome }: SessionView): string {
  if (state === 'succeeded') return cloud.command('download', sessionId);
  return cloud.command(outcome?.resumable ? 'resume' : 'show', sessionId);
}
