import { costUntil } from '../costs/session-cost';
import { limitOf } from '../decide/limits';
import { resumeHint } from '../notifications';
import type { Notification } from '../notifications/notification';
import { currentAttempt } from '../session/attempts';
import type { Session } from '../session/session';
import { isOlderThan } from '../time';
import { dollars, sessionAlert, stopCommand } from './alert';

/** Per cent of a budget at which its owner is told. */
export const THRESHOLDS = [50, 80, 100] as const;

/** Of limits.maxUsd. The limit itself acts on the instance, a little before all is spent, so that saving fits in. */
export function budgetAlerts(session: Session, now: number): Notification[] {
  const { maxUsd } = session.job.limits;
  if (maxUsd === null) return [];
  const { usd, usdPerHour, isComplete } = costUntil(session, now);
  const reached = THRESHOLDS.filter(
    (threshold) => usd >= (threshold / 100) * maxUsd || (threshold === 100 && isStopping(session, now)),
  );
  return reached.map((threshold) =>
    sessionAlert(session, {
      kind: 'budget',
      severity: threshold === 100 ? 'error' : 'warning',
      id: `budget-${threshold}`,
      headline: threshold === 100 ? 'has used up its budget' : `has used ${threshold} % of its budget`,
      lines: [
        `Spent so far: ${dollars(usd)}${isComplete ? '' : ' and something whose price is unknown'} of limits.maxUsd ${dollars(maxUsd)}, at ${dollars(usdPerHour)} per hour now.`,
        ...(threshold === 100
          ? spentLines(session)
          : [`It saves and stops before the limit. To stop it now:`, `  ${stopCommand(session.sessionId)}`]),
      ],
    }),
  );
}

function isStopping(session: Session, now: number): boolean {
  const attempt = currentAttempt(session);
  if (attempt?.verdict?.error === 'BudgetReached' || session.outcome?.error === 'BudgetReached') return true;
  const limit = attempt === undefined || session.outcome !== null ? null : limitOf(session, attempt);
  return limit?.reason === 'BudgetReached' && isOlderThan(limit.stopAt, 0, now);
}

function spentLines({ sessionId }: Session): string[] {
  return ['Its nodes were told to save, upload and stop.', `${resumeHint(sessionId)} Give it a higher limits.maxUsd.`];
}
