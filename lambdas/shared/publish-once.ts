import type { Notification } from '../../core/notifications/notification';
import type { AlertMarks, Notifier } from '../../core/ports';
import { MINUTE_MS } from '../../core/time';

/** A claim that was refused this long after its intent was refused because the alert is published: core/ports.ts AlertMarks. */
export const PUBLISHED_AFTER_MS = 5 * MINUTE_MS;

interface Deps {
  marks: AlertMarks;
  notifier: Notifier;
}

/** Publishes an alert that belongs to no one session, once per alert id; says whether it did. */
export async function publishOnce({ marks, notifier }: Deps, notification: Notification): Promise<boolean> {
  if (!(await marks.claim(notification.alertId))) return false;
  await notifier.publish(notification);
  await marks.done(notification.alertId);
  return true;
}
