/** Spend as metrics: a handful, while something runs. None by session: each would cost $0.30 a month. */
import type { MonthSums } from '../../core/costs/budgets';
import { METRIC } from '../../core/metrics';

export type Measure = (metric: string, value: number, dimensions?: Record<string, string>) => void;

/** More projects than this have no metric of their own. */
const PROJECTS = 20;

interface Spend {
  sessions: number;
  instances: number;
  sums: MonthSums;
}

export function measureSpend(measure: Measure, { sessions, instances, sums }: Spend): void {
  measure(METRIC.openSessions, sessions);
  measure(METRIC.runningInstances, instances);
  measure(METRIC.usdPerHour, sums.usdPerHour);
  measure(METRIC.monthToDateUsd, sums.spentUsd);
  const dearestFirst = [...sums.spentUsdByProject].sort(([, a], [, b]) => b - a);
  for (const [Project, usd] of dearestFirst.slice(0, PROJECTS)) measure(METRIC.monthToDateUsd, usd, { Project });
}
