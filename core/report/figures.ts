/**
 * What the daily report says, as numbers: the month of yesterday, so that on the first of a month the one that has just
 * ended is told in full. Days are those of UTC. What is not known is counted and said, never taken for 0.
 */
import type { Budget } from '../costs/budgets';
import { dayOf, type LedgerEntry, monthOf } from '../costs/ledger';
import { HOUR_MS, iso, ms } from '../time';

const DAY_MS = 24 * HOUR_MS;
/** Days that the plot of daily spend goes back. */
const DAYS_SHOWN = 30;

export interface ReportInput {
  /** Of the month of yesterday, and of the one before. */
  thisMonth: readonly LedgerEntry[];
  lastMonth: readonly LedgerEntry[];
  /** Of the month that has just begun, where that is another one than yesterday's: what runs now is in it. */
  begun?: readonly LedgerEntry[];
  budgets: readonly Budget[];
  /** In milliseconds since the Unix epoch. */
  now: number;
}

/** A sum whose parts may be unknown: `usd` is what is known of it. */
export interface Sum {
  usd: number;
  isComplete: boolean;
}

export interface ProjectFigures {
  project: string;
  sessions: number;
  spent: Sum;
  wastedUsd: number;
  interruptions: number;
  /** Of the sessions whose price and on-demand price are known; null when none is. */
  comparison: { usd: number; onDemandUsd: number; sessions: number } | null;
}

export interface BudgetFigures extends Budget {
  spent: Sum;
  /** What is left at the end of each day of the month so far; the first is the whole budget, before the first day. */
  leftUsd: number[];
  /** What will be left at the month's end at the pace so far. */
  projectedLeftUsd: number;
  daysInMonth: number;
}

export interface CostReport {
  /** When it was made, ISO 8601. */
  madeAt: string;
  month: string;
  isMonthOver: boolean;
  spent: Sum;
  lastMonth: Sum;
  yesterday: { day: string; usd: number };
  /** USD per hour of what runs now. */
  usdPerHour: number;
  openSessions: number;
  /** Oldest first, the last one perhaps not over. */
  days: { day: string; usdByProject: Record<string, number> }[];
  /** Dearest first. */
  projects: ProjectFigures[];
  budgets: BudgetFigures[];
  /** Dearest first; those with an unknown price before all. */
  sessions: LedgerEntry[];
}

/** The months whose ledger entries a report needs; `begun` null: it is the month that is told. */
export function reportMonths(now: number): { month: string; before: string; begun: string | null } {
  const month = monthOf(iso(now - DAY_MS));
  const current = monthOf(iso(now));
  return {
    month,
    before: monthOf(iso(ms(`${month}-01T00:00:00Z`) - DAY_MS)),
    begun: current === month ? null : current,
  };
}

export function costReport({ thisMonth, lastMonth, begun = thisMonth, budgets, now }: ReportInput): CostReport {
  const { month } = reportMonths(now);
  const today = dayOf(iso(now));
  const lastDay = monthOf(today) === month ? today : dayOf(iso(now - DAY_MS));
  const yesterday = dayOf(iso(now - DAY_MS));
  const all = [...lastMonth, ...thisMonth];
  return {
    madeAt: iso(now),
    month,
    isMonthOver: monthOf(today) !== month,
    spent: sumOf(thisMonth),
    lastMonth: sumOf(lastMonth),
    yesterday: { day: yesterday, usd: all.reduce((sum, { usdByDay }) => sum + (usdByDay[yesterday] ?? 0), 0) },
    usdPerHour: begun.reduce((sum, { usdPerHour }) => sum + usdPerHour, 0),
    openSessions: begun.filter(({ result }) => result === null).length,
    days: daysOf(all, lastDay),
    projects: projectsOf(thisMonth),
    budgets: budgets.map((budget) => burnDown(budget, thisMonth, lastDay)),
    sessions: thisMonth.toSorted((a, b) => Number(a.isComplete) - Number(b.isComplete) || b.usd - a.usd),
  };
}

function sumOf(entries: readonly LedgerEntry[]): Sum {
  return {
    usd: entries.reduce((sum, { usd }) => sum + usd, 0),
    isComplete: entries.every(({ isComplete }) => isComplete),
  };
}

function daysOf(entries: readonly LedgerEntry[], lastDay: string): CostReport['days'] {
  const end = ms(`${lastDay}T00:00:00Z`);
  const days = Array.from({ length: DAYS_SHOWN }, (_, index) => dayOf(iso(end - (DAYS_SHOWN - 1 - index) * DAY_MS)));
  return days.map((day) => ({ day, usdByProject: usdByProject(entries, day) }));
}

function usdByProject(entries: readonly LedgerEntry[], day: string): Record<string, number> {
  const sums = new Map<string, number>();
  for (const { project, usdByDay } of entries) {
    const usd = usdByDay[day] ?? 0;
    if (usd > 0) sums.set(project, (sums.get(project) ?? 0) + usd);
  }
  return Object.fromEntries(sums);
}

function projectsOf(entries: readonly LedgerEntry[]): ProjectFigures[] {
  const projects = [...new Set(entries.map(({ project }) => project))];
  return projects
    .map((project) => [project, entries.filter((entry) => entry.project === project)] as const)
    .map(([project, own]) => ({
      project,
      sessions: own.length,
      spent: sumOf(own),
      wastedUsd: own.reduce((sum, { wastedUsd }) => sum + wastedUsd, 0),
      interruptions: own.reduce((sum, { interruptions }) => sum + interruptions, 0),
      comparison: comparisonOf(own),
    }))
    .sort((a, b) => b.spent.usd - a.spent.usd || a.project.localeCompare(b.project));
}

/** Spot against on demand, for the sessions that can be compared. */
export function comparisonOf(entries: readonly LedgerEntry[]): ProjectFigures['comparison'] {
  const known = entries.flatMap(({ usd, onDemandUsd, isComplete }) =>
    isComplete && onDemandUsd !== null ? [{ usd, onDemandUsd }] : [],
  );
  if (known.length === 0) return null;
  return {
    usd: known.reduce((sum, { usd }) => sum + usd, 0),
    onDemandUsd: known.reduce((sum, { onDemandUsd }) => sum + onDemandUsd, 0),
    sessions: known.length,
  };
}

function burnDown(budget: Budget, entries: readonly LedgerEntry[], lastDay: string): BudgetFigures {
  const own = entries.filter((entry) => entry[budget.scope] === budget.name);
  const days = Number(lastDay.slice(8));
  const daysInMonth = new Date(Date.UTC(Number(lastDay.slice(0, 4)), Number(lastDay.slice(5, 7)), 0)).getUTCDate();
  const leftUsd = [budget.monthUsd];
  for (let number = 1; number <= days; number++) {
    const day = `${monthOf(lastDay)}-${String(number).padStart(2, '0')}`;
    const usd = own.reduce((sum, { usdByDay }) => sum + (usdByDay[day] ?? 0), 0);
    leftUsd.push((leftUsd.at(-1) ?? 0) - usd);
  }
  const left = leftUsd.at(-1) ?? budget.monthUsd;
  const projectedLeftUsd = budget.monthUsd - ((budget.monthUsd - left) / days) * daysInMonth;
  return { ...budget, spent: sumOf(own), leftUsd, projectedLeftUsd, daysInMonth };
}
