/** The daily report in a mail's few lines. */
import type { Notification } from '../notifications/notification';
import { reportCsvKey, reportKey, s3Uri } from '../s3-layout';
import { type BudgetFigures, type CostReport, comparisonOf } from './figures';
import { counted, dollars, dollarsOf, longDay, moment, monthName, percent } from './format';

const PROJECTS_TOLD = 5;
/** Of a budget: from here on it is worth a line. */
const BUDGET_TOLD_FROM = 0.5;

/** `day`: when it was made; one digest a day, whatever is retried. */
export function digestOf(report: CostReport, day: string, bucket: string): Notification {
  const { month, isMonthOver, spent, yesterday, madeAt } = report;
  const span = isMonthOver ? `in ${monthName(month)}` : `in ${monthName(month)} so far`;
  return {
    alertId: `report-${day}`,
    kind: 'report',
    severity: 'info',
    sessionId: null,
    subject: `runctl: ${dollarsOf(spent, 'at least')} ${span}, ${dollars(yesterday.usd)} yesterday`,
    body: [
      `Training cost ${dollarsOf(spent, 'at least')} ${span} (${moment(madeAt)}), ${dollars(yesterday.usd)} of it on ${longDay(yesterday.day)}.`,
      ...runningLines(report),
      ...unknownLines(report),
      ...projectLines(report),
      ...shareLines(report),
      ...budgetLines(report.budgets),
      '',
      'The report, with plots and every session:',
      `  aws s3 cp ${s3Uri({ bucket, key: reportKey(day) })} .`,
      `  aws s3 cp ${s3Uri({ bucket, key: reportCsvKey(day) })} .`,
    ].join('\n'),
  };
}

/** Nobody needs a mail that says that nothing happened. A month's end is told when there was anything in it. */
export function isWorthTelling(report: CostReport): boolean {
  const { yesterday, openSessions, usdPerHour, isMonthOver, sessions, days } = report;
  const today = Object.keys(days.at(-1)?.usdByProject ?? {}).length;
  // What has no price has no spend either.
  const isUnknown = sessions.some(({ isComplete, computedAt }) => !isComplete && computedAt >= yesterday.day);
  const isActive = yesterday.usd > 0 || today > 0 || openSessions > 0 || usdPerHour > 0 || isUnknown;
  return isActive || (isMonthOver && sessions.length > 0);
}

function runningLines({ openSessions, usdPerHour }: CostReport): string[] {
  return openSessions === 0
    ? ['Nothing is running.']
    : [`${counted(openSessions, 'session')} going on, at ${dollars(usdPerHour)} per hour.`];
}

function unknownLines({ sessions }: CostReport): string[] {
  const unknown = sessions.filter(({ isComplete }) => !isComplete).length;
  return unknown === 0
    ? []
    : [`A price is not known for ${counted(unknown, 'session')}: the sums have only what is known.`];
}

function projectLines({ projects }: CostReport): string[] {
  if (projects.length === 0) return [];
  const shown = projects.slice(0, PROJECTS_TOLD);
  const width = Math.max(...shown.map(({ project }) => project.length));
  const left = projects.length - shown.length;
  return [
    '',
    'By project:',
    ...shown.map(
      ({ project, spent, sessions }) =>
        `  ${project.padEnd(width)}  ${dollarsOf(spent, 'at least')}  ${counted(sessions, 'session')}`,
    ),
    ...(left > 0 ? [`  and ${counted(left, 'more project')}`] : []),
  ];
}

function shareLines({ sessions, spent }: CostReport): string[] {
  const wastedUsd = sessions.reduce((sum, each) => sum + each.wastedUsd, 0);
  const interruptions = sessions.reduce((sum, each) => sum + each.interruptions, 0);
  const compared = comparisonOf(sessions);
  const lines: string[] = [];
  if (compared !== null) {
    const { usd, onDemandUsd } = compared;
    lines.push(`Saved against on demand: ${dollars(onDemandUsd - usd)} (${percent(onDemandUsd - usd, onDemandUsd)}).`);
  }
  if (wastedUsd > 0) {
    lines.push(
      `Wasted on set-up, idle time and steps done twice: ${dollars(wastedUsd)} (${percent(wastedUsd, spent.usd)}).`,
    );
  }
  if (interruptions > 0) lines.push(`AWS interrupted ${counted(interruptions, 'time')}.`);
  return lines.length === 0 ? [] : ['', ...lines];
}

function budgetLines(budgets: readonly BudgetFigures[]): string[] {
  const told = budgets.filter(({ spent, monthUsd }) => spent.usd >= BUDGET_TOLD_FROM * monthUsd);
  if (told.length === 0) return [];
  return [
    '',
    'Budgets:',
    ...told.map(
      ({ scope, name, monthUsd, spent }) =>
        `  ${scope} ${name}: ${dollarsOf(spent, 'at least')} of ${dollars(monthUsd)} (${percent(spent.usd, monthUsd)})`,
    ),
  ];
}
