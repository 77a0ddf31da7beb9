/**
 * `on.rebalance: migrate`: EC2 recommends to leave an instance that it may soon take back. Another attempt is launched
 * and made ready while this one trains; then this one is told to save and stop, and the other goes on from there.
 */
import { activeAttempt, isEnding, replacementOf, withAttempt } from '../session/attempts';
import { type Attempt, type Node, type Session, withTimeline } from '../session/session';
import { isOlderThan, iso, MINUTE_MS, ms } from '../time';
import { isGathered } from './gang';
import { limitOf } from './limits';
import { isStale } from './observe';
import { hasCommitted } from './settle';

/** An attempt younger than this is not left: machines that are recommended to be left at once would be changed forever. */
const SETTLED_MS = 10 * MINUTE_MS;
/** After a replacement that came to nothing. */
const PAUSE_MS = 10 * MINUTE_MS;
/** As near to its limit there is little to be gained. */
const LIMIT_MS = 30 * MINUTE_MS;
/** For one attempt: after these it trains on until there is a notice. */
const MOST_REPLACEMENTS = 3;

/** Number of the attempt that is to be prepared now; null: none. The same until its launch is recorded. */
export function wantedReplacement(session: Session, now: number): number | null {
  const attempt = activeAttempt(session)?.attempt;
  if (session.job.on.rebalance !== 'migrate' || attempt === undefined) return null;
  const prepared = session.attempts.filter(({ number }) => number > attempt.number);
  const last = prepared.at(-1);
  const isPaused = last !== undefined && (last.verdict === null || !isOlderThan(last.verdict.at, PAUSE_MS, now));
  if (isPaused || prepared.length >= MOST_REPLACEMENTS || !isToBeLeft(session, attempt, now)) return null;
  return session.attempts.length + 1;
}

function isToBeLeft(session: Session, attempt: Attempt, now: number): boolean {
  const { nodes } = attempt;
  if (!isTraining(session, attempt) || isNearLimit(session, attempt, now)) return false;
  const isSettled = nodes.every(({ launchedAt }) => isOlderThan(launchedAt, SETTLED_MS, now));
  // Without a checkpoint, all of its training might be given up for a risk.
  return isSettled && hasCommitted(session, attempt) && nodes.some(isRecommended);
}

/** All of it, and nobody has told it to stop. */
function isTraining({ stopRequest }: Session, { nodes, intervention }: Attempt): boolean {
  const isUntold = stopRequest === null && intervention === undefined;
  return isUntold && nodes.every(({ noticeAt, status }) => noticeAt === null && status?.stage === 'train');
}

function isNearLimit(session: Session, attempt: Attempt, now: number): boolean {
  const limit = limitOf(session, attempt);
  return limit !== null && ms(limit.stopAt) - now < LIMIT_MS;
}

const isRecommended = ({ rebalanceAt }: Node) => rebalanceAt !== null;

/** Why a replacement is given up although the attempt that it was to replace trains on; null: it is not. */
export function whyGivenUp(session: Session, { nodes, launch }: Attempt, now: number): string | null {
  const attempt = activeAttempt(session)?.attempt;
  if (attempt === undefined || !isTraining(session, attempt)) return null;
  const left = nodes.find(isRecommended);
  if (left !== undefined) return `EC2 recommends to leave ${left.instanceId}, too: nothing is gained by moving there.`;
  const isWaiting = nodes.length === 0 && launch.doneAt !== null;
  return isWaiting && isNearLimit(session, attempt, now) ? 'There was no room until a limit was near.' : null;
}

/** Tells an attempt to hand over as soon as its replacement waits for nothing else. */
export function handOver(session: Session, now: number): Session {
  const attempt = activeAttempt(session)?.attempt;
  const replacement = replacementOf(session);
  if (attempt === undefined || !isTraining(session, attempt)) return session;
  if (replacement === undefined || !isReady(replacement, now)) return session;
  const ids = replacement.nodes.map(({ instanceId }) => instanceId).join(', ');
  const message = `EC2 recommended to leave its machine, and attempt ${replacement.number} (${ids}) is ready.`;
  const intervention = { error: 'TrainingMigrated' as const, message, at: iso(now) };
  const told = withAttempt(session, { ...attempt, intervention });
  return withTimeline(told, iso(now), `Told to save and hand over: ${message}`);
}

function isReady(replacement: Attempt, now: number): boolean {
  const waits = (node: Node) =>
    node.status?.stage === 'wait' && node.noticeAt === null && !isEnding(node) && !isStale(node, now);
  return replacement.nodes.length > 0 && replacement.nodes.every(waits) && isGathered(replacement);
}
