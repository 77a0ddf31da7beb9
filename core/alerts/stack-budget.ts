import { type BudgetState, describeBudget } from '../costs/budgets';
import { stopCommandIn } from '../notifications/commands';
import type { Notification } from '../notifications/notification';
import { CREATED_BY, TAG } from '../tags';
import { dollars, percentOf } from './alert';
import { THRESHOLDS } from './budget';

/** Of a budget of the stack's: one alert for each threshold that its month has reached. */
export function stackBudgetAlerts(state: BudgetState, region: string): Notification[] {
  const { scope, name, month, monthUsd, spentUsd, usdPerHour } = state;
  const reached = THRESHOLDS.filter((threshold) => spentUsd >= (threshold / 100) * monthUsd);
  return reached.map((threshold) => ({
    alertId: `budget-${scope}-${name}-${month}-${threshold}`,
    kind: 'budget',
    severity: threshold === 100 ? 'error' : 'warning',
    sessionId: null,
    subject: `runctl: ${scope} ${name} has used ${threshold === 100 ? 'up' : `${threshold} % of`} its budget for ${month}`,
    body: [
      `${dollars(spentUsd)} of ${describeBudget(state)} are spent (${percentOf(spentUsd, monthUsd)}); what runs now costs ${dollars(usdPerHour)} per hour.`,
      '',
      spentUsd >= monthUsd
        ? 'Its running sessions were told to save, upload and stop; they can be resumed. New jobs are refused until the month ends or the budget is raised.'
        : 'Its sessions save and stop before the budget is used up. New jobs whose first hour does not fit are refused.',
      'To raise it, change `budgets` in cdk.json and deploy again.',
      '',
      ...runningLines(state, region),
    ].join('\n'),
  }));
}

function runningLines({ scope, name, running }: BudgetState, region: string): string[] {
  const [dearest] = running;
  if (dearest === undefined) return ['Nothing under it is running.'];
  const tag = scope === 'owner' ? TAG.owner : TAG.project;
  const filters = [
    `Name=tag:${TAG.createdBy},Values=${CREATED_BY}`,
    `'Name=tag:${tag},Values=${name}'`,
    'Name=instance-state-name,Values=pending,running',
  ];
  return [
    'Running under it, the dearest first:',
    ...running.map(({ sessionId, usdPerHour }) => `  ${sessionId}, ${dollars(usdPerHour)} per hour`),
    'On these instances:',
    `  aws ec2 describe-instances --region ${region} --filters ${filters.join(' ')} --query 'Reservations[].Instances[].[InstanceId,InstanceType,LaunchTime]' --output text`,
    `To save and stop one of them, e.g. ${dearest.sessionId}:`,
    `  ${stopCommandIn(region, dearest.sessionId)}`,
  ];
}
