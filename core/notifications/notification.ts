/** What people are told, whoever tells it and by whichever way. */

export const NOTIFICATION_KINDS = [
  'session-finished',
  'session-refused',
  /** Interrupted and going on: quiet by default. */
  'session-resumed',
  'budget',
  'zombie',
  'price-unknown',
  'checkpoint-stale',
  'training-stalled',
  'training-idle',
  'gpus-unused',
  'notice-too-short',
  'training-nan',
  'retention',
  'report',
] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

export interface Notification {
  /** The same for every publish of the same alert. */
  alertId: string;
  kind: NotificationKind;
  severity: 'info' | 'warning' | 'error';
  /** null: it is about no one session. */
  sessionId: string | null;
  subject: string;
  body: string;
}
