/**
 * Two may tell of a session's end: the state machine, and whoever moves the session on when that is late. One of them at
 * a time: who is about to, says so in the record first.
 */
import { isDue } from '../decide/due';
import type { Session } from '../session/session';
import { iso } from '../time';

export type Claim =
  | 'claimed'
  /** Nothing is left to be said. */
  | 'told'
  /** Somebody else is about to, or died of it less than a minute ago. */
  | 'another tells';

/** For the state machine, which never calls twice at once: its own earlier call has ended, well or not. */
export function claimNotification(session: Session, now: number): { session: Session; result: Claim } {
  const { notification } = session;
  if (notification?.doneAt != null) return { session, result: 'told' };
  if (notification?.by === 'decision' && !isDue(notification, now)) return { session, result: 'another tells' };
  return {
    session: { ...session, notification: { requestedAt: iso(now), doneAt: null, by: 'state machine' } },
    result: 'claimed',
  };
}
