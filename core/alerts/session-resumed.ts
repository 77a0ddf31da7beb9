import type { Notification } from '../notifications/notification';
import { attemptBefore, currentAttempt, leaderOf } from '../session/attempts';
import type { Session } from '../session/session';
import { sessionAlert } from './alert';

/** An interruption that is over: the next attempt trains again. */
export function sessionResumed(session: Session, now: number): Notification[] {
  const attempt = currentAttempt(session);
  const leader = attempt && leaderOf(attempt);
  if (attempt === undefined || attempt.number === 1 || leader?.status?.stage !== 'train') return [];
  const before = attemptBefore(session, attempt);
  const from = leader.status.resumedFrom;
  return [
    sessionAlert(session, now, {
      kind: 'session-resumed',
      severity: 'info',
      id: `resumed-${attempt.number}`,
      headline:
        before?.verdict?.error === 'TrainingMigrated' ? 'has moved to another machine' : 'was interrupted and goes on',
      lines: [
        ...(before?.verdict ? [before.verdict.message] : []),
        `Attempt ${attempt.number} trains on ${leader.instanceId} (${leader.instanceType}, ${leader.market}, ${leader.zone}), ${from === null ? 'from the beginning: there was no checkpoint' : `from ${from.name}${from.step === null ? '' : `, step ${from.step}`}`}.`,
        'Nothing is to be done.',
      ],
    }),
  ];
}
