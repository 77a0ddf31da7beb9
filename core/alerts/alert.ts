/** The form of alerts about a session: plain words, what was done, and the command to act. */
import type { Notification, NotificationKind } from '../notifications/notification';
import type { Session } from '../session/session';

export interface AlertParts {
  kind: NotificationKind;
  severity: Notification['severity'];
  /** Appended to the session id: the alert is published once under it. */
  id: string;
  /** Completes «runctl: <job> …». */
  headline: string;
  lines: readonly string[];
}

export function sessionAlert(session: Session, { kind, severity, id, headline, lines }: AlertParts): Notification {
  const { sessionId, job } = session;
  return {
    alertId: `${sessionId}-${id}`,
    kind,
    severity,
    sessionId,
    subject: `runctl: ${job.name} ${headline} (${sessionId})`,
    body: [
      `Training job ${job.name} (project ${job.project}, owner ${job.owner}), session ${sessionId}, ${headline}.`,
      '',
      ...lines,
    ].join('\n'),
  };
}

/** The command that stops a session gracefully. */
export function stopCommand(sessionId: string): string {
  const detail = JSON.stringify(JSON.stringify({ sessionId }));
  return `aws events put-events --entries '[{"Source":"runctl","DetailType":"Stop Requested","Detail":${detail}}]'`;
}

/** e.g. `90 min`, `5.2 h` */
export function inWords(durationMs: number): string {
  const minutes = Math.round(durationMs / 60_000);
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}

export const dollars = (usd: number) => `$${usd.toFixed(2)}`;
