import { utilizationWords } from '../decide/troubles';
import { stopCommand } from '../notifications/commands';
import type { Notification } from '../notifications/notification';
import { activeAttempt } from '../session/attempts';
import type { Session } from '../session/session';
import { isOlderThan, MINUTE_MS, utc } from '../time';
import { inWords, sessionAlert } from './alert';

/** Training goes on, and none of the GPUs that are paid for has anything to do: often CUDA was not found. */
export function gpusUnused(session: Session, now: number): Notification[] {
  const { stallMinutes } = session.job.limits;
  const active = activeAttempt(session);
  if (active === undefined || stallMinutes === null) return [];
  const { attempt, leader } = active;
  const areUnused = attempt.nodes.every(({ status }) => {
    const gpuBusyAt = status?.stage === 'train' ? status.utilization?.gpuBusyAt : null;
    return gpuBusyAt != null && isOlderThan(gpuBusyAt, stallMinutes * MINUTE_MS, now);
  });
  if (!areUnused) return [];
  const { utilization } = leader.status ?? {};
  const busy = utilization && utilizationWords(utilization);
  const since = utilization?.gpuBusyAt;
  return [
    sessionAlert(session, now, {
      kind: 'gpus-unused',
      severity: 'warning',
      id: `gpus-unused-${attempt.number}`,
      headline: 'does not use its GPUs',
      lines: [
        `No GPU of its ${leader.instanceType} has been busy since ${since && utc(since)} (limits.stallMinutes is ${stallMinutes}), for ${inWords(stallMinutes * MINUTE_MS)} at least. Over the last minute it used: ${busy}.`,
        'Does the script see them (torch.cuda.is_available(), nvidia-smi)? Nothing was stopped, and they are paid for. To save and stop:',
        `  ${stopCommand(session)}`,
      ],
    }),
  ];
}
