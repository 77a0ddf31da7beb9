import { costUntil } from '../costs/session-cost';
import { limitOf } from '../decide/limits';
import { resumeCommands, stopCommand } from '../notifications/commands';
import type { Notification } from '../notifications/notification';
import { currentAttempt } from '../session/attempts';
import type { Session } from '../session/session';
import { isOlderThan } from '../time';
import { dollars, percentOf, sessionAlert } from './alert';

/** Per cent of a budget at which its owner is told. */
export const THRESHOLDS = [50, 80, 100] as const;

/** Of limits.maxUsd. The limit itself acts on the instance, a little before all is spent, so that saving fits in. */
export function budgetAlerts(session: Session, now: number): Notification[] {
  const { maxUsd } = session.job.limits;
  if (maxUsd === null) return [];
  const { usd, isComplete } = costUntil(session, now);
  const isUsedUp = usd >= maxUsd || isStopping(session, now);
  const reached = THRESHOLDS.filter(
    (threshold) => usd >= (threshold / 100) * maxUsd || (threshold === 100 && isUsedUp),
  );
  const known = isComplete ? '' : ', and something whose price is not known';
  return reached.map((threshold) =>
    sessionAlert(session, now, {
      kind: 'budget',
      severity: threshold === 100 ? 'error' : 'warning',
      id: `budget-${threshold}`,
      headline: threshold === 100 ? 'has used up its budget' : `has used ${threshold} % of its budget`,
      lines: [
        `Spent: ${dollars(usd)} of limits.maxUsd ${dollars(maxUsd)} (${percentOf(usd, maxUsd)})${known}.`,
        ...(isUsedUp ? spentLines(session) : leftLines(session)),
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

function leftLines(session: Session): string[] {
  return ['It saves and stops before the limit. To save and stop now:', `  ${stopCommand(session)}`];
}

function spentLines(session: Session): string[] {
  return [
    'Its instances were told to save, upload and stop. When it has ended, it can go on from its newest verified checkpoint with a higher limits.maxUsd:',
    ...resumeCommands(session, 'maxUsd'),
  ];
}
