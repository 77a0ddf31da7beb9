/** Tells the user once how a session ended: intent → publish → outcome. Also when it never had a record. */
import { readableCause } from '../../core/ending';
import { finishedNotification, refusedNotification } from '../../core/notifications';
import type { Clock, Notifier, SessionStore } from '../../core/ports';
import { iso } from '../../core/time';
import type { Log } from '../shared/log';
import { endInputSchema, parseInput } from '../shared/parse-input';
import { updateSession } from '../shared/update-session';

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
  if (known.notification?.doneAt != null) return { isPublished: false };
  const session = await updateSession(sessions, sessionId, (before) => ({
    ...before,
    notification: { requestedAt: before.notification?.requestedAt ?? iso(clock.now()), doneAt: null },
  }));
  await notifier.publish(finishedNotification(session, bucket, clock.now()));
  await updateSession(sessions, sessionId, (before) => ({
    ...before,
    notification: { requestedAt: before.notification?.requestedAt ?? iso(clock.now()), doneAt: iso(clock.now()) },
  }));
  log.info('Notified', { sessionId });
  return { isPublished: true };
}
