import type { Notification } from '../notifications/notification';
import { currentAttempt, leaderOf, type Session } from '../session/session';
import { sessionAlert } from './alert';

/** An interruption that is over: the next attempt trains again. */
export function sessionResumed(session: Session): Notification[] {
  const attempt = currentAttempt(session);
  const leader = attempt && leaderOf(attempt);
  if (attempt === undefined || attempt.number === 1 || leader?.status?.stage !== 'train') return [];
  const before = session.attempts.find(({ number }) => number === attempt.number - 1);
  const from = leader.status.resumedFrom;
  return [
    sessionAlert(session, {
      kind: 'session-resumed',
      severity: 'info',
      id: `resumed-${attempt.number}`,
      headline: 'was interrupted and goes on',
      lines: [
        ...(before?.verdict ? [before.verdict.message] : []),
        `Attempt ${attempt.number} trains on ${leader.instanceId} (${leader.instanceType}, ${leader.market}, ${leader.zone}), ${from === null ? 'from the beginning: there was no checkpoint' : `from ${from.name}${from.step === null ? '' : `, step ${from.step}`}`}.`,
        'Nothing is to be done.',
      ],
    }),
  ];
}
