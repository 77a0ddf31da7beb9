/** Starts an execution and says where it can be seen. */
import { SESSION_ID_PATTERN } from '../core/job/job-spec';
import { CliError } from './cli-error';
import { consoleLinks } from './cloud/console-links';
import type { Cloud } from './cloud/open-cloud';
import type { CliContext } from './context';
import { EXIT } from './exit-codes';
import { labelled } from './render/summary';
import { sessionIdAt } from './session-id';
import { Printer } from './terminal/printer';

export interface StartOptions {
  job: Record<string, unknown>;
  /** Without one it is made of name and time. */
  id: string | undefined;
  json: true | undefined;
}

/** @throws CliError when it is none. */
export function requireSessionId(sessionId: string): void {
  if (SESSION_ID_PATTERN.test(sessionId)) return;
  const message = `${JSON.stringify(sessionId)} is no session id: 1 to 64 of A-Z a-z 0-9 _ and - are.`;
  throw new CliError(message, { exitCode: EXIT.usage });
}

/** @throws CliError when the id is none, or is taken. */
export async function startExecution(
  { sessions, clock, command }: Cloud,
  job: Record<string, unknown>,
  id: string | undefined,
): Promise<{ sessionId: string; executionArn: string }> {
  const sessionId = id ?? sessionIdAt(String(job['name']), clock.now());
  requireSessionId(sessionId);
  const executionArn = await sessions.start(sessionId, job).catch((error: unknown) => {
    if (!(error instanceof Error && error.name === 'ExecutionAlreadyExists')) throw error;
    const hint = `Choose another one with --id. To see that one: ${command('show', sessionId)}`;
    throw new CliError(`There is a session ${sessionId} already.`, { exitCode: EXIT.usage, hint, cause: error });
  });
  return { sessionId, executionArn };
}

/** Returns the session's id. */
export async function startSession(context: CliContext, cloud: Cloud, options: StartOptions): Promise<string> {
  const { job, id, json } = options;
  const { sessionId, executionArn } = await startExecution(cloud, job, id);
  const links = consoleLinks(cloud, sessionId);
  const printer = new Printer(context);
  if (json) {
    printer.jsonLine({ sessionId, executionArn, links });
    return sessionId;
  }
  const { paint } = printer;
  printer.lines([
    `${paint.green('started')} ${paint.bold(sessionId)}`,
    ...labelled(paint, [
      ['execution', links?.execution],
      ['logs', links?.logs],
      ['watch', cloud.command('watch', sessionId)],
      ['stop', cloud.command('stop', sessionId)],
    ]),
  ]);
  return sessionId;
}
