/** The form of alerts about a session: plain words, what was done, which instances, how much, and the command to act. */
import { costUntil } from '../costs/session-cost';
import type { Notification, NotificationKind } from '../notifications/notification';
import { isEnding } from '../session/attempts';
import type { Node, Session } from '../session/session';

export interface AlertParts {
  kind: NotificationKind;
  severity: Notification['severity'];
  /** Appended to the session id: the alert is published once under it. */
  id: string;
  /** Completes «runctl: <job> …». */
  headline: string;
  lines: readonly string[];
}

/** `now` is in milliseconds since the Unix epoch. */
export function sessionAlert(
  session: Session,
  now: number,
  { kind, severity, id, headline, lines }: AlertParts,
): Notification {
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
      '',
      instancesLine(session),
      costLine(session, now),
    ].join('\n'),
  };
}

/** Of a gang of many the first ones are named. */
const NAMED = 4;

function instancesLine({ attempts }: Session): string {
  const running = attempts.flatMap(({ number, nodes }) =>
    nodes.filter((node) => !isEnding(node)).map((node) => ({ number, node })),
  );
  if (running.length === 0) return 'Running: nothing.';
  const named = running.slice(0, NAMED).map(({ number, node }) => nodeWords(node, number));
  const more = running.length > NAMED ? [`and ${running.length - NAMED} more`] : [];
  return `Running: ${[...named, ...more].join(', ')}.`;
}

const nodeWords = ({ instanceId, instanceType, market, zone }: Node, attempt: number) =>
  `${instanceId} (${instanceType}, ${market}, ${zone}, attempt ${attempt})`;

function costLine(session: Session, now: number): string {
  const { usd, usdPerHour, isComplete } = costUntil(session, now);
  if (isComplete) return `Cost so far: ${dollars(usd)}, at ${dollars(usdPerHour)} per hour now.`;
  return `Cost so far: ${dollars(usd)}, and something whose price is not known.`;
}

/** e.g. `90 min`, `5.2 h` */
export function inWords(durationMs: number): string {
  const minutes = Math.round(durationMs / 60_000);
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}

export const dollars = (usd: number) => `$${usd.toFixed(2)}`;
export const percentOf = (usd: number, wholeUsd: number) => `${Math.floor((100 * usd) / wholeUsd)} %`;
