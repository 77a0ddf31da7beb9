/**
 * Begins the wait for an attempt's end. Re-entrant: the state machine comes back here after a missed heartbeat and after
 * each "not ready yet", every time with a new token.
 *
 * The token is stored first, and only then is the verdict read: whoever writes a verdict reads the token after it, so
 * that one of the two always completes the task.
 */
import { z } from 'zod';
import type { NodeFacts } from '../../core/decide/facts';
import { lookFacts } from '../../core/decide/node-facts';
import { RunctlError } from '../../core/errors';
import { judgeRegistration } from '../../core/launch/registration';
import { planSchema } from '../../core/plan/plan';
import type { Fleet, RunCommand } from '../../core/ports';
import { planKey } from '../../core/s3-layout';
import { openAttempts, withAttempt } from '../../core/session/attempts';
import type { Attempt, Session } from '../../core/session/session';
import { iso } from '../../core/time';
import { type AdvanceDeps, advanceSession } from '../shared/advance-session';
import { completeLook } from '../shared/complete-look';
import { attemptInputSchema, parseInput } from '../shared/parse-input';
import { readNode } from '../shared/read-node';
import { updateSession } from '../shared/update-session';

export interface StartTrainingDeps extends AdvanceDeps {
  fleet: Pick<Fleet, 'terminate' | 'look' | 'find'>;
  runCommand: RunCommand;
  pause: (durationMs: number) => Promise<void>;
}

const LOOKS = 5;
const PAUSE_MS = 1000;

/** Without a token the attempt is made ready to replace another one, and nobody waits for its end yet. */
const inputSchema = attemptInputSchema.extend({ taskToken: z.string().min(1).max(2048).nullable() });

/** Throws InstanceNotReady while a node is not registered with Systems Manager: the state machine calls again. */
export async function startTraining(event: unknown, deps: StartTrainingDeps): Promise<{ isStarted: boolean }> {
  const { sessionId, attempt: number, taskToken } = parseInput(inputSchema, event);
  const session = await advanceSession(deps, sessionId, {}, (before) => storeToken(before, number, taskToken));
  if (isSettled(session, number)) return { isStarted: wasSent(session, number) };

  const looked = await advanceSession(deps, sessionId, { nodes: await look(deps, session) });
  if (isSettled(looked, number)) return { isStarted: false };

  const { nodes } = requireAttempt(looked, number);
  const instanceIds = nodes.map(({ instanceId }) => instanceId);
  const missing = await waitForRegistration(deps, instanceIds);
  if (missing.length > 0) return notRegistered(deps, { sessionId, number, missing });
  if (!isLeased(looked, number)) throw new RunctlError('InstanceNotReady', 'Its lease could not be written yet.');
  await sendCommand(deps, looked, number);
  return { isStarted: true };
}

/**
 * Of a node that has ended, its last word is read too: without it, a finished node would be taken for lost. One of the
 * attempt that still trains may have finished, too, while its replacement is made ready.
 */
async function look(deps: StartTrainingDeps, session: Session): Promise<Record<string, NodeFacts>> {
  const looks = await completeLook(deps.fleet, session, await deps.fleet.look(session.sessionId));
  const facts = lookFacts(session, looks);
  for (const { instanceId, userId } of openAttempts(session).flatMap(({ nodes }) => nodes)) {
    const seen = facts[instanceId];
    const isUp = seen?.state === 'pending' || seen?.state === 'running';
    if (!isUp) facts[instanceId] = { ...seen, ...(await readNode(deps.objects, userId)) };
  }
  return facts;
}

function storeToken(session: Session, number: number, taskToken: string | null): Session {
  const attempt = requireAttempt(session, number);
  if (taskToken === null) return session;
  // A token that was answered before does not answer for this one.
  return withAttempt(session, { ...attempt, taskToken, completion: null });
}

/** Throws ConfigInvalid: launch-nodes comes before. */
function requireAttempt(session: Session, number: number): Attempt {
  const attempt = session.attempts.find((each) => each.number === number);
  if (attempt !== undefined && attempt.nodes.length > 0) return attempt;
  throw new RunctlError('ConfigInvalid', `Attempt ${number} of session ${session.sessionId} has not been launched.`);
}

/** There is nothing to start: the session or the attempt is over, or the command is on its way. */
function isSettled(session: Session, number: number): boolean {
  const isOver = session.outcome !== null || session.stopRequest?.reason === 'Aborted';
  return isOver || requireAttempt(session, number).verdict !== null || wasSent(session, number);
}

function wasSent(session: Session, number: number): boolean {
  return requireAttempt(session, number).command?.doneAt != null;
}

/** A few looks within one call cost less than a state transition each, and lose a second instead of several. */
async function waitForRegistration({ runCommand, pause }: StartTrainingDeps, instanceIds: readonly string[]) {
  for (let look = 1; ; look++) {
    const online = await runCommand.online(instanceIds);
    const missing = instanceIds.filter((id) => !online.has(id));
    if (missing.length === 0 || look >= LOOKS) return missing;
    await pause(PAUSE_MS);
  }
}

/** An agent that finds a lease without its attempt takes itself for superseded and stops: the lease comes first. */
function isLeased({ lease }: Session, number: number): boolean {
  if (lease === null || lease.doneAt === null) return false;
  const orders: unknown = JSON.parse(lease.orders);
  return typeof orders === 'object' && orders !== null && String(number) in orders;
}

interface Missing {
  sessionId: string;
  number: number;
  missing: readonly string[];
}

/** The verdict, when it is time for one, completes the task by its token. */
async function notRegistered(deps: StartTrainingDeps, { sessionId, number, missing }: Missing) {
  const session = await advanceSession(deps, sessionId, {}, (before) =>
    judgeRegistration(before, number, missing, deps.clock.now()),
  );
  if (isSettled(session, number)) return { isStarted: false };
  throw new RunctlError('InstanceNotReady', `Not registered with Systems Manager yet: ${missing.join(', ')}.`);
}

/** Intent → SendCommand → outcome. Sent twice after a crash, it starts one agent: starting is idempotent on the node. */
async function sendCommand(deps: StartTrainingDeps, session: Session, number: number): Promise<void> {
  const { sessions, clock, runCommand } = deps;
  const { sessionId } = session;
  const { nodes } = requireAttempt(session, number);
  const architecture = await architectureOf(deps, sessionId, nodes[0]?.instanceType ?? '');
  const mark = (doneAt: string | null, commandId: string | null) =>
    updateSession(sessions, sessionId, (before) => {
      const attempt = requireAttempt(before, number);
      const requestedAt = attempt.command?.requestedAt ?? iso(clock.now());
      return withAttempt(before, { ...attempt, command: { requestedAt, doneAt, commandId } });
    });
  await mark(null, null);
  const instanceIds = nodes.map(({ instanceId }) => instanceId);
  const commandId = await runCommand.start({ sessionId, attempt: number, instanceIds, architecture });
  await mark(iso(clock.now()), commandId);
  deps.log.info('Start command sent', { sessionId, attempt: number, instanceIds, commandId });
}

async function architectureOf({ objects }: StartTrainingDeps, sessionId: string, instanceType: string) {
  const stored = await objects.get(planKey(sessionId));
  const plan = stored && planSchema.parse(JSON.parse(stored.text));
  const type = plan?.instanceTypes.find((each) => each.instanceType === instanceType);
  if (type === undefined) {
    throw new RunctlError('ConfigInvalid', `The plan of session ${sessionId} does not know type ${instanceType}.`);
  }
  return type.architecture;
}
