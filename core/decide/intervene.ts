/** Tells nodes to save and stop when training is in trouble: the user was told, time has passed, and it still is. */
import { withAttempt } from '../session/attempts';
import { type Intervention, type Session, withTimeline } from '../session/session';
import { isOlderThan, iso } from '../time';
import { REACTION_MS, type Trouble, troublesOf } from './troubles';

export function intervene(session: Session, now: number): Session {
  for (const trouble of troublesOf(session, now)) {
    const toldAt = session.alerts[`${session.sessionId}-${trouble.id}`]?.doneAt;
    if (trouble.asked === null || toldAt == null || !isOlderThan(toldAt, REACTION_MS, now)) continue;
    return intervened(session, trouble, trouble.asked, now);
  }
  return session;
}

function intervened(
  session: Session,
  { attempt, leader, what }: Trouble,
  { error, setting }: NonNullable<Trouble['asked']>,
  now: number,
): Session {
  const before = leader.status?.finiteCheckpoint;
  const last = before == null ? '' : `; the newest checkpoint from before is ${before.name}`;
  const intervention: Intervention = { error, message: `${what}${last}; ${setting}.`, at: iso(now) };
  return withTimeline(
    withAttempt(session, { ...attempt, intervention }),
    iso(now),
    `Told to save and stop: ${intervention.message}`,
  );
}
