/** Plays AWS's part on the local cloud: the notice before an interruption, a recommendation, or the loss of a host. */
import { currentAttempt, isEnding } from '../../core/session/attempts';
import { CliError, notFound } from '../cli-error';
import { type Cloud, openCloudAt } from '../cloud/open-cloud';
import { localPlace, readLocalFile } from '../cloud/place';
import type { CliContext } from '../context';
import { DEFAULT_STACK } from '../options';
import { Printer } from '../terminal/printer';

export interface DisturbOptions {
  port?: number;
  silent?: true;
}

/** The local cloud's own. */
const LOCAL_REGION = 'us-east-1';

const DONE = {
  interrupt: 'has its two-minute notice.',
  kill: 'is gone.',
  rebalance: 'is recommended to be left.',
};

export async function disturb(
  context: CliContext,
  call: keyof typeof DONE,
  target: string,
  { port, silent }: DisturbOptions,
): Promise<void> {
  const endpoint = port === undefined ? readLocalFile(context.cwd).endpoint : `http://127.0.0.1:${port}`;
  const instanceId = target.startsWith('i-') ? target : await instanceOf(context, endpoint, target);
  await callLocal(endpoint, call, call === 'kill' ? { instanceId, silent: silent === true } : { instanceId });
  new Printer(context).line(`${instanceId} ${DONE[call]}`);
}

/** The instance on which the session runs now. */
async function instanceOf({ clock, env }: CliContext, endpoint: string, sessionId: string): Promise<string> {
  const place = await localPlace({ endpoint, region: env['AWS_REGION'] ?? LOCAL_REGION }, clock);
  const cloud = await openCloudAt(place, { stack: env['RUNCTL_STACK'] ?? DEFAULT_STACK, local: true });
  return runningInstance(cloud, sessionId);
}

/** @throws CliError when none runs. */
export async function runningInstance(cloud: Cloud, sessionId: string): Promise<string> {
  const { session } = await cloud.sessions.find(sessionId);
  const node = (session && currentAttempt(session))?.nodes.find((each) => !isEnding(each));
  if (node === undefined)
    throw notFound(`No instance of ${sessionId} is running.`, `See: ${cloud.command('show', sessionId)}`);
  return node.instanceId;
}

export async function callLocal(endpoint: string, call: string, input: object): Promise<void> {
  const { port } = new URL(endpoint);
  const response = await fetch(`${endpoint}/_local/${call}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  }).catch(() => {
    throw notFound(`No local cloud runs on port ${port}.`, `Start one: runctl local up --port ${port}`);
  });
  const answer = (await response.json().catch(() => ({}))) as { message?: string; running?: string[] };
  if (response.ok) return;
  const { message = `Port ${port} answers, but it is no local cloud.`, running } = answer;
  throw new CliError(running ? `${message}\nRunning: ${running.join(', ') || 'none'}` : message);
}
