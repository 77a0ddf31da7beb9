import type { Notification } from './notification';
import { finishedAlertId } from './session-finished';

/** For an execution that ended before it had a record: nothing was launched. */
export function refusedNotification(sessionId: string, failure: { error: string; cause: string }): Notification {
  return {
    alertId: finishedAlertId(sessionId),
    kind: 'session-refused',
    severity: 'error',
    sessionId,
    subject: `runctl: ${sessionId} was not started (${failure.error})`,
    body: [
      `Session ${sessionId} was not started: ${failure.error}.`,
      '',
      failure.cause,
      '',
      'No instance was launched by this execution, and nothing is to be cleaned up. Submit the job again, under a new name, once this is mended.',
    ].join('\n'),
  };
}
