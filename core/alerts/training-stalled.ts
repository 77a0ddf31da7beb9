import type { Notification } from '../ports';
import { currentAttempt, isEnding, type Session } from '../session';
import { isOlderThan, MINUTE_MS } from '../time';
import { inWords, sessionAlert, stopCommand } from './alert';

/** No new step for limits.stallMinutes, of a job whose steps can be read. */
export function trainingStalled(session: Session, now: number): Notification[] {
  const { stallMinutes } = session.job.limits;
  const attempt = currentAttempt(session);
  const leader = attempt?.nodes.find(({ rank }) => rank === 0);
  const { steppedAt, step } = leader?.status?.progress ?? { steppedAt: null, step: null };
  const isTraining = attempt?.verdict === null && session.outcome === null && leader?.status?.stage === 'train';
  if (!isTraining || isEnding(leader) || stallMinutes === null || steppedAt === null) return [];
  if (!isOlderThan(steppedAt, stallMinutes * MINUTE_MS, now)) return [];
  return [
    sessionAlert(session, {
      kind: 'training-stalled',
      severity: 'warning',
      id: `stalled-${attempt.number}-${step}`,
      headline: `has made no step for ${inWords(stallMinutes * MINUTE_MS)}`,
      lines: [
        `The last step seen is ${step}, at ${steppedAt}, on ${leader.instanceId} (limits.stallMinutes is ${stallMinutes}).`,
        'Nothing was stopped, and the instance is paid for. To save and stop:',
        `  ${stopCommand(session.sessionId)}`,
      ],
    }),
  ];
}
