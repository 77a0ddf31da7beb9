/** From what happened to an attempt to what follows for the session: a new attempt, or the end. */
import { type ErrorName, startsNewAttempt } from '../errors';
import type { FinalStatus } from '../node/node-status';
import { hasTakenPart, isEnding, isReplacement, leaderOf } from '../session/attempts';
import type { Attempt, Node, Session } from '../session/session';
import { ms } from '../time';
import { limitOf } from './limits';

/** What was found of an attempt; `error` null: its command finished with 0. */
export interface Finding {
  error: ErrorName | null;
  message: string;
  final?: FinalStatus;
}

/** `now` is in milliseconds since the Unix epoch. */
export function settle(
  session: Session,
  attempt: Attempt,
  found: Finding,
  now: number,
): Pick<Finding, 'error' | 'message'> {
  if (isReplacement(session, attempt.number))
    return { error: 'ReplacementDropped', message: `${found.message} It was prepared to go on.` };
  const settled = found.error === 'TrainingFailed' ? settleFailure(session, found) : found;
  const { error, message } = startsNewAttempt(settled.error) ? settleRelaunch(session, attempt, settled, now) : settled;
  return { error, message };
}

/** A failed command is tried again only if the job asks. */
function settleFailure(session: Session, found: Finding): Finding {
  const { maxFailures, onExitCodes } = session.job.retry;
  const failuresSoFar = session.attempts.filter(({ verdict }) => verdict?.error === 'TrainingRetried').length;
  const code = found.final?.exitCode ?? null;
  const isAsked = onExitCodes.length === 0 || (code !== null && onExitCodes.includes(code));
  if (failuresSoFar >= maxFailures || !isAsked) return found;
  return {
    error: 'TrainingRetried',
    message: `${found.message}\nTrying again, as the job asks (${failuresSoFar + 1} of ${maxFailures}).`,
  };
}

function settleRelaunch(session: Session, attempt: Attempt, found: Finding, now: number): Finding {
  if (session.stopRequest) {
    return {
      error: 'StoppedByUser',
      message: `${found.message} No new attempt: stopped by ${session.stopRequest.by}.`,
    };
  }
  const limit = limitOf(session, attempt);
  if (limit && ms(limit.stopAt) <= lastSpending(attempt, now)) {
    return { error: limit.reason, message: `${found.message} No new attempt: ${limit.what} is reached.` };
  }
  const { maxAttempts } = session.job.limits;
  const fruitless = fruitlessInARow(session, attempt, found);
  if (fruitless < maxAttempts) return found;
  return {
    error: 'AttemptsExhausted',
    message: `${found.message} No new attempt: ${fruitless} in a row committed no new checkpoint (limits.maxAttempts is ${maxAttempts}).`,
  };
}

/** Attempts that end the list, this one included, without a checkpoint of their own. */
function fruitlessInARow(session: Session, attempt: Attempt, found: Finding): number {
  const earlier = session.attempts.filter(({ number }) => number < attempt.number);
  const newestFirst = [...earlier.filter(hasTakenPart), attempt].reverse();
  const errorOf = (each: Attempt) => (each === attempt ? found.error : each.verdict?.error);
  const firstFruitful = newestFirst.findIndex(
    (each) => hasCommitted(session, each) && (errorOf(each) !== 'TrainingRestarted' || gotFurther(each)),
  );
  return firstFruitful === -1 ? newestFirst.length : firstFruitful;
}

/** One that stalls where it began, and saves when it is told to stop, would be restarted forever. */
function gotFurther({ nodes }: Attempt): boolean {
  const leader = leaderOf({ nodes });
  const { resumedFrom, lastCheckpoint } = leader?.final ??
    leader?.status ?? { resumedFrom: null, lastCheckpoint: null };
  const [from, to] = [resumedFrom?.step ?? null, lastCheckpoint?.step ?? null];
  return from === null || to === null || from !== to;
}

/** With a shard from each node, one that committed nothing leaves no checkpoint complete. */
export function hasCommitted({ job }: Session, { nodes }: Attempt): boolean {
  const committed = nodes.filter(({ final, status }) => (final?.lastCheckpoint ?? status?.lastCheckpoint) != null);
  return committed.length >= (job.checkpoints.upload === 'all' ? Math.max(1, nodes.length) : 1);
}

/** A node that said nothing at its end and is not seen to have ended still costs. */
function lastSpending({ nodes, beganAt }: Attempt, now: number): number {
  const lastOf = (node: Node) => {
    if (node.final?.outcome != null) return Math.max(ms(node.final.at), ms(node.stateSince));
    return isEnding(node) ? ms(node.stateSince) : now;
  };
  return Math.max(ms(beganAt), ...nodes.map(lastOf));
}
