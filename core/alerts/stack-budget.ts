import { type BudgetState, describeBudget } from '../costs/budgets';
import type { Notification } from '../notifications/notification';
import { dollars } from './alert';
import { THRESHOLDS } from './budget';

/** Of a budget of the stack's: one alert for each threshold that its month has reached. */
export function stackBudgetAlerts(state: BudgetState): Notification[] {
  const { scope, name, month, monthUsd, spentUsd, usdPerHour } = state;
  const reached = THRESHOLDS.filter((threshold) => spentUsd >= (threshold / 100) * monthUsd);
  return reached.map((threshold) => {
    const isSpent = threshold === 100;
    return {
      alertId: `budget-${scope}-${name}-${month}-${threshold}`,
      kind: 'budget',
      severity: isSpent ? 'error' : 'warning',
      sessionId: null,
      subject: `runctl: ${scope} ${name} has used ${threshold} % of its budget for ${month}`,
      body: [
        `${dollars(spentUsd)} of ${describeBudget(state)} are spent; what runs now costs ${dollars(usdPerHour)} per hour.`,
        '',
        isSpent
          ? 'Its running sessions were told to save, upload and stop; they can be resumed. New jobs are refused until the month ends or the budget is raised.'
          : 'Its sessions save and stop before the budget is used up. New jobs whose first hour does not fit are refused.',
        'To raise it, change `budgets` in cdk.json and deploy again.',
        '',
        'What is running:',
        '  aws ec2 describe-instances --filters Name=tag:CreatedBy,Values=runctl Name=instance-state-name,Values=running --query "Reservations[].Instances[].[InstanceId,InstanceType,LaunchTime]" --output text',
      ].join('\n'),
    };
  });
}
