/**
 * What the user of a session is told while it goes on, as a pure function of its record. Each alert has an id and is
 * published once; the record keeps which ones were (core/decide/due.ts).
 */
import type { Notification } from '../notifications/notification';
import type { Session } from '../session/session';
import { budgetAlerts } from './budget';
import { checkpointStale } from './checkpoint-stale';
import { gpusUnused } from './gpus-unused';
import { noticeTooShort } from './notice-too-short';
import { priceUnknown } from './price-unknown';
import { sessionResumed } from './session-resumed';
import { trainingTrouble } from './training-trouble';

/** Those that hold now. `now` is in milliseconds since the Unix epoch. */
export function sessionAlerts(session: Session, now: number): Notification[] {
  const all = [
    budgetAlerts,
    priceUnknown,
    checkpointStale,
    trainingTrouble,
    gpusUnused,
    noticeTooShort,
    sessionResumed,
  ];
  return all.flatMap((alertsOf) => alertsOf(session, now));
}
