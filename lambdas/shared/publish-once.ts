import type { AlertMarks, Notification, Notifier } from '../../core/ports';

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
