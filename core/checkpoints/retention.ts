/**
 * How long checkpoints are kept. While a session goes on, and once more at its end, those that a newer attempt has
 * superseded go. After its end all of them are kept for some days, and deleted a week after an alert; never while a
 * session that resumed from them may need them.
 */
import type { Attempt, Retention, Session } from '../session/session';
import { HOUR_MS, iso, ms } from '../time';

const FRESH: Retention = { emptyBelow: 1, nextAt: null, warning: null, deletion: null, heldBy: [] };
const DAY_MS = 24 * HOUR_MS;
/** From the alert to the deletion, at least. */
export const WARNING_MS = 7 * DAY_MS;
/** Checkpoints of older attempts that are still kept go when the newest attempt has enough of its own. */
const PRUNE_AGAIN_MS = HOUR_MS;

export function retentionOf(session: Session): Retention {
  return session.retention ?? FRESH;
}

export function withRetention(session: Session, change: Partial<Retention>): Session {
  return { ...session, retention: { ...retentionOf(session), ...change } };
}

/** When the session's checkpoints are to be looked after next, ISO 8601; null: not until its record changes. */
export function nextRetentionAt(session: Session): string | null {
  const { nextAt, deletion } = retentionOf(session);
  const hasNodes = session.attempts.some(({ nodes }) => nodes.length > 0);
  if (!hasNodes || deletion?.doneAt != null) return null;
  if (session.outcome !== null) return nextAt ?? session.outcome.at;
  const newest = newestFruitful(session);
  if (newest === undefined || olderThan(session, newest).length === 0) return null;
  return nextAt ?? newest.beganAt;
}

/** The newest attempt that says that it committed a checkpoint. */
function newestFruitful({ attempts }: Session): Attempt | undefined {
  return attempts.findLast(({ nodes }) =>
    nodes.some(({ status, final }) => status?.lastCheckpoint != null || final?.lastCheckpoint != null),
  );
}

/** Attempts before it that may have checkpoints. */
function olderThan(session: Session, attempt: Attempt): Attempt[] {
  const { emptyBelow } = retentionOf(session);
  return session.attempts.filter(
    ({ number, nodes }) => number >= emptyBelow && number < attempt.number && nodes.length > 0,
  );
}

/** After a look at what is superseded. `emptyBelow`: what the look left; `isSettled`: nothing more will be superseded. */
export function afterPruning(
  session: Session,
  { emptyBelow, isSettled }: { emptyBelow: number; isSettled: boolean },
  now: number,
): Session {
  return withRetention(session, { emptyBelow, nextAt: isSettled ? null : iso(now + PRUNE_AGAIN_MS) });
}

export interface RetentionSettings {
  daysAfterSuccess: number;
  /** Of sessions that ended in any other way. */
  daysResumable: number;
}

export type RetentionStep =
  | { kind: 'keep'; nextAt: string; warning: Retention['warning'] }
  | { kind: 'warn'; deleteAt: string }
  | { kind: 'delete' };

/** Of a session that has ended. `isHeld`: a session that resumed from it still keeps its own. */
export function judgeRetention(
  outcome: NonNullable<Session['outcome']>,
  { warning }: Retention,
  { settings, isHeld, now }: { settings: RetentionSettings; isHeld: boolean; now: number },
): RetentionStep {
  const days = outcome.result === 'succeeded' ? settings.daysAfterSuccess : settings.daysResumable;
  const lastMs = ms(outcome.at) + days * DAY_MS;
  if (isHeld) return { kind: 'keep', nextAt: iso(now + DAY_MS), warning: null };
  // Also when the setting was raised after the alert.
  if (now < lastMs - WARNING_MS) return { kind: 'keep', nextAt: iso(lastMs - WARNING_MS), warning: null };
  if (warning?.doneAt == null) {
    return { kind: 'warn', deleteAt: warning?.deleteAt ?? iso(Math.max(lastMs, now + WARNING_MS)) };
  }
  return now < ms(warning.deleteAt) ? { kind: 'keep', nextAt: warning.deleteAt, warning } : { kind: 'delete' };
}

/** Whether a session that resumed from another one still needs what that one saved. */
export function stillHolds(holder: Session | undefined): boolean {
  if (holder === undefined || retentionOf(holder).deletion?.doneAt != null) return false;
  return holder.outcome === null || holder.attempts.some(({ nodes }) => nodes.length > 0);
}
