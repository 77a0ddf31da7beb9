/** Records what came of an action. A termination has no outcome of its own: the next look tells. */

import type { Session } from '../session/session';
import { iso } from '../time';
import type { Action } from './actions';

/**
 * `expired`: nobody waits on that task token any more; start-training will bring a new one. `left`: this function cannot
 * do it, and the next one that can does.
 */
export type ActionResult = 'done' | 'expired' | 'left';

export function recordDone(session: Session, action: Action, result: ActionResult, now: number): Session {
  switch (action.kind) {
    case 'completeTask':
      return changeAttempt(session, action, (attempt) =>
        result === 'expired'
          ? { ...attempt, completion: null, taskToken: attempt.taskToken === action.token ? null : attempt.taskToken }
          : { ...attempt, completion: { requestedAt: attempt.completion?.requestedAt ?? iso(now), doneAt: iso(now) } },
      );
    case 'heartbeat':
      return result === 'done'
        ? session
        : changeAttempt(session, action, (attempt) =>
            attempt.taskToken === action.token ? { ...attempt, taskToken: null } : attempt,
          );
    case 'prepareReplacement':
      return result === 'left'
        ? session
        : {
            ...session,
            attempts: session.attempts.map((attempt) =>
              attempt.replacement?.attempt === action.attempt
                ? { ...attempt, replacement: { ...attempt.replacement, doneAt: iso(now) } }
                : attempt,
            ),
          };
    case 'notifyFinished':
      return {
        ...session,
        notification: { requestedAt: session.notification?.requestedAt ?? iso(now), doneAt: iso(now) },
      };
    case 'alert': {
      const { alertId } = action.notification;
      const requestedAt = session.alerts[alertId]?.requestedAt ?? iso(now);
      return { ...session, alerts: { ...session.alerts, [alertId]: { requestedAt, doneAt: iso(now) } } };
    }
    case 'writeLease':
      return session.lease === null ? session : { ...session, lease: { ...session.lease, doneAt: iso(now) } };
    case 'terminate':
      return session;
  }
}

type Attempt = Session['attempts'][number];

function changeAttempt(
  session: Session,
  { attempt }: { attempt: number },
  change: (attempt: Attempt) => Attempt,
): Session {
  return { ...session, attempts: session.attempts.map((each) => (each.number === attempt ? change(each) : each)) };
}
