/** Stops a session and says what was saved. */
import { type SessionView, sessionView } from '../core/view/session-view';
import { CliError } from './cli-error';
import type { Cloud } from './cloud/open-cloud';
import { requestStop } from './cloud/request-stop';
import type { CliContext } from './context';
import { EXIT, type ExitCode } from './exit-codes';
import { followSession } from './follow-session';
import type { CloudOptions, JsonOption } from './options';
import { checkpointLine } from './render/summary';
import { Printer } from './terminal/printer';

export interface StopOptions extends CloudOptions, JsonOption {
  now?: true;
  wait: boolean;
}

/** The control plane acts on an event within seconds; asked again after this, in case it was lost on the way. */
const ASK_AGAIN_LOOKS = 30;

export async function stopSession(
  context: CliContext,
  cloud: Cloud,
  sessionId: string,
  options: StopOptions,
): Promise<ExitCode> {
  const printer = new Printer(context);
  const sources = await cloud.sessions.find(sessionId);
  const before = sessionView(sources);
  if (before.isOver)
    return tellEnd({ printer, cloud, options }, before, `${sessionId} has ended already: ${before.state}.`);
  if (sources.session === null) throw stillPlanned(before);
  const detail = { sessionId, ...(options.now ? { now: true as const } : {}) };
  await requestStop(cloud.client, detail);
  if (!options.wait) return tellAsked(printer, cloud, sessionId, options);
  printer.note(options.now ? 'asked to stop at once …' : 'asked to save and stop …');
  let last = before;
  let looks = 0;
  for await (const { view, session } of followSession(context, cloud, sessionId)) {
    last = view;
    looks += 1;
    if (session?.stopRequest == null && !view.isOver && looks % ASK_AGAIN_LOOKS === 0)
      await requestStop(cloud.client, detail);
  }
  return tellEnd({ printer, cloud, options }, last, `${sessionId} ${last.state}.`);
}

export function stillPlanned({ sessionId, executionArn }: SessionView): CliError {
  return new CliError(`${sessionId} is still being planned; nothing is launched yet.`, {
    hint: `Try again in some seconds, or end it: aws stepfunctions stop-execution --execution-arn ${executionArn}`,
  });
}

function tellAsked(printer: Printer, cloud: Cloud, sessionId: string, { json }: StopOptions): ExitCode {
  if (json) printer.json({ sessionId, asked: true });
  else printer.line(`${sessionId} is asked to stop. To see how it ends: ${cloud.command('watch', sessionId)}`);
  return EXIT.ok;
}

interface Telling {
  printer: Printer;
  cloud: Cloud;
  options: StopOptions;
}

function tellEnd({ printer, cloud, options }: Telling, view: SessionView, headline: string): ExitCode {
  if (options.json) {
    const { sessionId, state, lastCheckpoint, outcome } = view;
    printer.json({ sessionId, state, lastCheckpoint, outcome });
    return EXIT.ok;
  }
  printer.line(headline);
  if (view.state !== 'succeeded') printer.line(`last checkpoint: ${checkpointLine(view)}`);
  if (view.outcome?.resumable) printer.note(`to go on: ${cloud.command('resume', view.sessionId)}`);
  return EXIT.ok;
}
