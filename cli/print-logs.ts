/** Prints the logs of a session's attempts, one after the other. */
import { currentAttempt, hasTakenPart } from '../core/session/attempts';
import type { Attempt, Session } from '../core/session/session';
import { notFound } from './cli-error';
import { type LogSource, Logs } from './cloud/logs';
import type { Cloud } from './cloud/open-cloud';
import type { CliContext } from './context';
import { followSession } from './follow-session';
import type { CloudOptions, JsonOption } from './options';
import { Printer } from './terminal/printer';

export interface LogsCommandOptions extends CloudOptions, JsonOption {
  follow?: true;
  attempt?: number;
  node: number;
}

interface Printing {
  logs: Logs;
  options: LogsCommandOptions;
  printer: Printer;
}

export async function printLogs(
  context: CliContext,
  cloud: Cloud,
  sessionId: string,
  options: LogsCommandOptions,
): Promise<void> {
  const printing = { logs: new Logs(cloud), options, printer: new Printer(context) };
  if (options.follow) return follow(context, cloud, sessionId, printing);
  const { session } = await cloud.sessions.find(sessionId);
  const attempts = (session?.attempts ?? []).filter(({ number }) => isWanted(options, number));
  if (attempts.length === 0) throw noAttempt(cloud, sessionId, session, options);
  if (!attempts.some((attempt) => sourceOf(sessionId, attempt, options)))
    throw noNode(cloud, sessionId, attempts, options);
  for (const attempt of attempts) await printWhole(printing, sessionId, attempt);
}

function isWanted({ attempt }: LogsCommandOptions, number: number): boolean {
  return attempt === undefined || attempt === number;
}

function noAttempt(cloud: Cloud, sessionId: string, session: Session | null, { attempt }: LogsCommandOptions) {
  const count = session?.attempts.length ?? 0;
  const message =
    attempt !== undefined && count > 0
      ? `Session ${sessionId} has no attempt ${attempt}; it has ${count}.`
      : `Session ${sessionId} has launched nothing yet.`;
  return notFound(message, `What it is doing: ${cloud.command('show', sessionId)}`);
}

function noNode(cloud: Cloud, sessionId: string, attempts: readonly Attempt[], { node }: LogsCommandOptions) {
  const most = Math.max(...attempts.map(({ nodes }) => nodes.length));
  const ranks = most === 0 ? 'no node yet' : most === 1 ? 'one node, of rank 0' : `nodes of rank 0 to ${most - 1}`;
  return notFound(
    `Session ${sessionId} has no node of rank ${node}; it has ${ranks}.`,
    `See: ${cloud.command('show', sessionId)}`,
  );
}

/** What has ended is whole in S3; of what runs, CloudWatch Logs has more. */
async function printWhole({ logs, options, printer }: Printing, sessionId: string, attempt: Attempt): Promise<void> {
  const source = sourceOf(sessionId, attempt, options);
  if (source === undefined) return;
  const tell = teller(printer, options, attempt);
  if (attempt.verdict === null) {
    const { messages } = await logs.next(source, undefined);
    for (const line of messages) tell(line);
    if (messages.length > 0) return;
  }
  for await (const line of logs.whole(source)) tell(line);
}

function sourceOf(
  sessionId: string,
  { number, nodes }: Attempt,
  { node: rank }: Pick<LogsCommandOptions, 'node'>,
): LogSource | undefined {
  const node = nodes.find((each) => each.rank === rank);
  return node && { sessionId, attempt: number, instanceId: node.instanceId, userId: node.userId };
}

/** Between attempts a line says where the next one begins; it is for people, so it is not part of the log. */
function teller(printer: Printer, { json }: LogsCommandOptions, { number, nodes }: Attempt): (line: string) => void {
  if (json) return (line) => printer.jsonLine({ attempt: number, line });
  printer.note(`── attempt ${number} on ${nodes.map(({ instanceId }) => instanceId).join(', ')}`);
  return (line) => printer.line(line);
}

interface Following {
  attempt: Attempt;
  source: LogSource;
  token: string | undefined;
  tell: (line: string) => void;
}

/** One that is made ready to replace another trains later, or never. */
export function attemptsToFollow(session: Session | null): Attempt[] {
  if (session === null) return [];
  const current = currentAttempt(session)?.number ?? 0;
  return session.attempts.filter(
    (attempt) => attempt.nodes.length > 0 && attempt.number <= current && hasTakenPart(attempt),
  );
}

async function follow(context: CliContext, cloud: Cloud, sessionId: string, printing: Printing): Promise<void> {
  const { logs, options, printer } = printing;
  const done = new Set<number>();
  let current: Following | undefined;
  for await (const { session, view } of followSession(context, cloud, sessionId)) {
    for (const attempt of attemptsToFollow(session).filter(({ number }) => isWanted(options, number))) {
      if (done.has(attempt.number)) continue;
      const hasEnded = attempt.verdict !== null || view.isOver;
      const isFollowed = current?.attempt.number === attempt.number;
      if (hasEnded && !isFollowed) await printWhole(printing, sessionId, attempt);
      else {
        current = isFollowed ? current : start(sessionId, attempt, printing);
        if (current) await printNew(logs, current);
      }
      if (hasEnded) done.add(attempt.number);
    }
    if (view.isOver && !options.json) printer.note(`── ${sessionId} ${view.state}`);
  }
}

function start(sessionId: string, attempt: Attempt, { options, printer }: Printing): Following | undefined {
  const source = sourceOf(sessionId, attempt, options);
  return source && { attempt, source, token: undefined, tell: teller(printer, options, attempt) };
}

async function printNew(logs: Logs, following: Following): Promise<void> {
  const { messages, token } = await logs.next(following.source, following.token);
  for (const line of messages) following.tell(line);
  following.token = token;
}
