/**
 * Looks after the checkpoints of every session that is due: prunes, warns, deletes (core/checkpoints/retention.ts decides). Each
 * look moves the session's date on, so that a pass that runs out of time is gone on with by the next.
 */

import {
  afterPruning,
  judgeRetention,
  type RetentionSettings,
  type RetentionStep,
  retentionOf,
  stillHolds,
  withRetention,
} from '../../core/checkpoints/retention';
import { retentionNotification } from '../../core/checkpoints/retention-notification';
import type { AlertMarks, Clock, Notifier, ObjectStore, SessionRegister, SessionStore } from '../../core/ports';
import { currentAttempt } from '../../core/session/attempts';
import { type Session, withTimeline } from '../../core/session/session';
import { isOlderThan, iso } from '../../core/time';
import { errorFields, type Log } from '../shared/log';
import { PUBLISHED_AFTER_MS, publishOnce } from '../shared/publish-once';
import { updateSession } from '../shared/update-session';
import { clearShelf, surveyShelf } from './checkpoint-shelf';
import { pruneSuperseded } from './prune-superseded';

export interface KeepDeps {
  sessions: SessionStore;
  register: Pick<SessionRegister, 'dueForRetention'>;
  objects: Pick<ObjectStore, 'get' | 'list' | 'remove'>;
  alerts: AlertMarks;
  notifier: Notifier;
  clock: Clock;
  bucket: string;
  retention: RetentionSettings;
  hasTime: () => boolean;
  log: Log;
}

/** False when time was over before every session had its turn. One that fails keeps no other from its turn. */
export async function keepCheckpoints(deps: KeepDeps): Promise<boolean> {
  const failures: unknown[] = [];
  let isComplete = true;
  for await (const sessionId of deps.register.dueForRetention(iso(deps.clock.now()))) {
    isComplete = deps.hasTime();
    if (!isComplete) break;
    try {
      await keep(deps, sessionId);
    } catch (error) {
      failures.push(error);
      deps.log.error('Checkpoints could not be looked after', { sessionId, ...errorFields(error) });
    }
  }
  if (failures.length > 0) throw failures[0];
  return isComplete;
}

async function keep(deps: KeepDeps, sessionId: string): Promise<void> {
  const session = await deps.sessions.get(sessionId);
  if (session === undefined) return;
  const { outcome } = session;
  // A deletion that was begun is gone on with, whatever has changed since.
  if (outcome !== null && retentionOf(session).deletion !== null) return remove(deps, session);
  const pruned = await prune(deps, session);
  if (outcome === null) return;
  const isHeld = await isHeldNow(deps, session);
  const { retention: settings, clock } = deps;
  const step = judgeRetention(outcome, retentionOf(pruned), { settings, isHeld, now: clock.now() });
  await act(deps, pruned, step);
}

async function prune(deps: KeepDeps, session: Session): Promise<Session> {
  const { removed, ...left } = await pruneSuperseded(deps, session);
  if (removed > 0) deps.log.info('Superseded checkpoints were deleted', { sessionId: session.sessionId, removed });
  const current = currentAttempt(session)?.number;
  return updateSession(deps.sessions, session.sessionId, (before) =>
    // An attempt that began meanwhile is not accounted for.
    afterPruning(
      before,
      { ...left, isSettled: left.isSettled && currentAttempt(before)?.number === current },
      deps.clock.now(),
    ),
  );
}

async function isHeldNow({ sessions }: KeepDeps, session: Session): Promise<boolean> {
  for (const id of retentionOf(session).heldBy) if (stillHolds(await sessions.get(id))) return true;
  return false;
}

async function act(deps: KeepDeps, session: Session, step: RetentionStep): Promise<void> {
  const { sessions, clock } = deps;
  switch (step.kind) {
    case 'keep': {
      const { nextAt, warning } = step;
      await updateSession(sessions, session.sessionId, (before) => withRetention(before, { nextAt, warning }));
      return;
    }
    case 'warn':
      return warn(deps, session, step.deleteAt);
    case 'delete': {
      const at = iso(clock.now());
      const heldBy = retentionOf(session).heldBy.length;
      const marked = await updateSession(sessions, session.sessionId, (before) =>
        // Somebody resumed from it since this look began.
        retentionOf(before).heldBy.length > heldBy
          ? before
          : withRetention(before, { deletion: { requestedAt: at, doneAt: null } }),
      );
      if (retentionOf(marked).deletion !== null) await remove(deps, marked);
    }
  }
}

/** Intent → publish → outcome. A session without checkpoints needs no alert. */
async function warn(deps: KeepDeps, session: Session, deleteAt: string): Promise<void> {
  const { sessions, clock, bucket, alerts, notifier } = deps;
  const { sessionId } = session;
  const requestedAt = retentionOf(session).warning?.requestedAt ?? iso(clock.now());
  const mark = (doneAt: string | null) =>
    updateSession(sessions, sessionId, (before) =>
      withRetention(before, {
        warning: { requestedAt, doneAt, deleteAt },
        nextAt: doneAt === null ? requestedAt : deleteAt,
      }),
    );
  await mark(null);
  const kept = await survey(deps, session);
  const isTold =
    kept.length === 0 ||
    (await publishOnce({ marks: alerts, notifier }, retentionNotification(session, kept, { deleteAt, bucket })));
  if (isTold || isOlderThan(requestedAt, PUBLISHED_AFTER_MS, clock.now())) await mark(iso(clock.now()));
}

async function survey(deps: KeepDeps, session: Session) {
  const shelves = [];
  for (const userId of userIdsOf(session)) {
    const { committed, sizeBytes } = await surveyShelf(deps, userId);
    if (committed.length > 0) shelves.push({ userId, checkpoints: committed.length, sizeBytes });
  }
  return shelves;
}

async function remove(deps: KeepDeps, session: Session): Promise<void> {
  for (const userId of userIdsOf(session)) {
    if (!deps.hasTime()) return;
    await clearShelf(deps, userId);
  }
  const at = iso(deps.clock.now());
  await updateSession(deps.sessions, session.sessionId, (before) => {
    const deletion = { requestedAt: retentionOf(before).deletion?.requestedAt ?? at, doneAt: at };
    return withTimeline(withRetention(before, { deletion, nextAt: null }), at, 'Checkpoints were deleted');
  });
  deps.log.info('Checkpoints of a session were deleted', { sessionId: session.sessionId });
}

/** Attempts before `emptyBelow` have nothing left. */
function userIdsOf(session: Session): string[] {
  const { emptyBelow } = retentionOf(session);
  return session.attempts
    .filter(({ number }) => number >= emptyBelow)
    .flatMap(({ nodes }) => nodes.map(({ userId }) => userId));
}
