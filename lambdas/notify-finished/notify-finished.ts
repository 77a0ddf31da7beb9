/** Tells the user once how a session ended: intent → publish → outcome. Also when it never had a record. */
import { readableCause } from '../../core/decide/ending';
import { RunctlError } from '../../core/errors';
import { finishedNotification, refusedNotification } from '../../core/notifications';
import { claimNotification } from '../../core/notifications/notification-claim';
import type { Clock, Notifier, SessionStore } from '../../core/ports';
import type { Session } from '../../core/session/session';
import { iso } from '../../core/time';
import type { Log } from '../shared/log';
import { endInputSchema, parseInput } from '../shared/parse-input';
import { changeSession, updateSession } from '../shared/update-session';

export interface NotifyFinishedDeps {
  sessions: SessionStore;
  notifier: Notifier;
  clock: Clock;
  bucket: string;
  log: Log;
}

export async function notifyFinished(event: unknown, deps: NotifyFinishedDeps): Promise<{ isPublished: boolean }> {
  const { sessionId, executionArn, failure } = parseInput(endInputSchema, event);
  const { sessions, notifier, clock, bucket, log } = deps;
  const known = await sessions.get(sessionId);
  if (known === undefined || known.executionArn !== executionArn) {
    const { error, cause } = failure ?? { error: 'Unknown', cause: 'It left no record.' };
    await notifier.publish(refusedNotification(sessionId, { error, cause: readableCause(cause) }));
    return { isPublished: true };
  }
  const claim = (before: Session) => claimNotification(before, clock.now());
  const { session, result } = await changeSession(sessions, sessionId, claim);
  if (result === 'told') return { isPublished: false };
  if (result === 'another tells') {
    throw new RunctlError('WriteConflict', 'Somebody else is about to tell of the end; it is looked at again.');
  }
  await notifier.publish(finishedNotification(session, bucket, clock.now()));
  await updateSession(sessions, sessionId, (before) => ({
    ...before,
    notification: { requestedAt: before.notification?.requestedAt ?? iso(clock.now()), doneAt: iso(clock.now()) },
  }));
  log.info('Notified', { sessionId });
  return { isPublished: true };
}
