/**
 * The one decision about a session, for events and for reconcile alike:
 * (record, facts, now) → (record as it shall be, what to do, why). Pure; deciding twice on the same facts is harmless.
 *
 * observe: what was seen is merged into the record.
 * judge:   what it means: a verdict on the attempt, the end of an aborted session, its release.
 * intervene: training that is in trouble is told to stop, where the job asks for that.
 * handOver: an attempt whose replacement is ready is told to stop.
 * due:     which intents have no outcome yet and are to be acted on now.
 */

import type { Session } from '../session/session';
import type { Action } from './actions';
import { due } from './due';
import type { Facts } from './facts';
import { intervene } from './intervene';
import { judge } from './judge';
import { handOver } from './migrate';
import { observe } from './observe';

export { recordDone } from './record-done';

export interface Decision {
  session: Session;
  actions: Action[];
  /** A sentence, for the log. */
  reason: string;
}

/**
 * Facts must be older than the record they are judged against: read EC2 and S3 first, then the record.
 * `now` is in milliseconds since the Unix epoch.
 */
export function decide(session: Session, facts: Facts, now: number): Decision {
  const judged = handOver(intervene(judge(observe(session, facts, now), facts, now), now), now);
  const { session: marked, actions } = due(judged, facts, now);
  return { session: marked, actions, reason: reasonOf(session, marked, actions) };
}

function reasonOf(before: Session, after: Session, actions: readonly Action[]): string {
  const judged = after.attempts.find(({ verdict }, index) => verdict !== null && !before.attempts[index]?.verdict);
  if (after.releasedAt !== null && before.releasedAt === null) return 'All instances are gone; the session is closed.';
  if (after.outcome !== null && before.outcome === null) return `The session ended: ${after.outcome.message}`;
  if (judged?.verdict) return `Attempt ${judged.number} ended: ${judged.verdict.message}`;
  if (actions.length > 0) return `Due: ${actions.map(({ kind }) => kind).join(', ')}.`;
  return 'Nothing to do.';
}
