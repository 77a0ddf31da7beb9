/** What a decision asks to be done. Every action is idempotent: done twice, it changes nothing the second time. */
import type { Lease } from '../node/lease';
import type { Notification } from '../notifications/notification';

export type TaskResult = { output: object } | { error: string; cause: string };

export type Action =
  /** Ends the state machine's wait. The token is secret: never log an action of this kind whole. */
  | { kind: 'completeTask'; attempt: number; token: string; result: TaskResult }
  /** Keeps the state machine's wait alive. */
  | { kind: 'heartbeat'; attempt: number; token: string }
  | { kind: 'terminate'; instanceIds: string[]; why: string }
  | { kind: 'writeLease'; lease: Lease }
  /** Launches this attempt and makes it ready while an older one trains. */
  | { kind: 'prepareReplacement'; attempt: number }
  /** Tells the user of something that happens while the session goes on: core/alerts. */
  | { kind: 'alert'; notification: Notification }
  /** Tells the user how the session ended: core/notifications/. */
  | { kind: 'notifyFinished'; alertId: string };

/** For logs: everything but the token. */
export function describeAction(action: Action): Record<string, unknown> {
  switch (action.kind) {
    case 'completeTask':
      return {
        kind: action.kind,
        attempt: action.attempt,
        result: 'error' in action.result ? action.result.error : 'success',
      };
    case 'heartbeat':
    case 'prepareReplacement':
      return { kind: action.kind, attempt: action.attempt };
    case 'alert':
      return { kind: action.kind, alertId: action.notification.alertId };
    case 'writeLease':
      return { kind: action.kind, orders: action.lease.orders };
    case 'terminate':
    case 'notifyFinished':
      return { ...action };
  }
}
