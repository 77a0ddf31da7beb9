/**
 * The stack's budgets: USD per month for an owner or a project, over all sessions together. What they leave is shared by
 * the sessions that run: each gets the moment at which all is spent if nothing changes, and is told anew every pass.
 */
import { z } from 'zod';
import type { Clock, CostLedger } from '../ports';
import type { BudgetLimit } from '../session/session';
import { HOUR_MS, iso, ms } from '../time';
import { type LedgerEntry, monthOf } from './ledger';
import { rounded } from './sums';

/** `*` is for every owner or project that is not named. */
export const budgetsSchema = z.strictObject({
  owner: z.record(z.string().min(1), z.number().positive()).default({}),
  project: z.record(z.string().min(1), z.number().positive()).default({}),
});
export type Budgets = z.output<typeof budgetsSchema>;

const SCOPES = ['owner', 'project'] as const;

export interface Budget {
  scope: (typeof SCOPES)[number];
  name: string;
  monthUsd: number;
}

/** A budget and what was spent of it by now. */
export interface BudgetState extends Budget {
  month: string;
  spentUsd: number;
  /** Of all sessions under it that run. */
  usdPerHour: number;
  /** The dearest of those, first; not all. */
  running: readonly Running[];
}

export type Running = Pick<LedgerEntry, 'sessionId' | 'usdPerHour'>;

/** Of the sessions under a budget, so many are named. */
const NAMED = 5;

type Belongs = Pick<LedgerEntry, 'owner' | 'project'>;

/** The budgets that a session is under. */
export function budgetsOf(budgets: Budgets, whose: Belongs): Budget[] {
  return SCOPES.flatMap((scope) => {
    const monthUsd = budgets[scope][whose[scope]] ?? budgets[scope]['*'];
    return monthUsd === undefined ? [] : [{ scope, name: whose[scope], monthUsd }];
  });
}

const keyOf = ({ scope, name }: Pick<Budget, 'scope' | 'name'>) => `${scope}/${name}`;

/** What this month's sessions have cost so far. */
export async function sumsOfThisMonth(deps: {
  ledger: CostLedger;
  budgets: Budgets;
  clock: Clock;
}): Promise<MonthSums> {
  const now = deps.clock.now();
  const month = monthAt(now);
  const sums = new MonthSums(deps.budgets, month);
  for await (const entry of deps.ledger.ofMonth(month)) sums.add(entry, now);
  return sums;
}

/** Adds up a month's entries, one after the other. */
export class MonthSums {
  readonly #states = new Map<string, BudgetState>();
  /** Of everything, USD. */
  spentUsd = 0;
  usdPerHour = 0;
  readonly spentUsdByProject = new Map<string, number>();

  constructor(
    private readonly budgets: Budgets,
    private readonly month: string,
  ) {}

  /** Since the entry was computed a running session has gone on. `now` in milliseconds since the Unix epoch. */
  add(entry: LedgerEntry, now: number): void {
    const sinceUsd = (entry.usdPerHour * Math.max(0, now - ms(entry.computedAt))) / HOUR_MS;
    const usd = entry.usd + sinceUsd;
    this.spentUsd += usd;
    this.usdPerHour += entry.usdPerHour;
    this.spentUsdByProject.set(entry.project, (this.spentUsdByProject.get(entry.project) ?? 0) + usd);
    for (const budget of budgetsOf(this.budgets, entry)) {
      const state = this.stateOf(budget);
      this.#states.set(keyOf(budget), {
        ...state,
        spentUsd: rounded(state.spentUsd + usd),
        usdPerHour: state.usdPerHour + entry.usdPerHour,
        running: dearest([...state.running, entry]),
      });
    }
  }

  stateOf(budget: Budget): BudgetState {
    return this.#states.get(keyOf(budget)) ?? { ...budget, month: this.month, spentUsd: 0, usdPerHour: 0, running: [] };
  }

  all(): BudgetState[] {
    return [...this.#states.values()];
  }

  /** When a session has to stop by its budgets; null when none runs out this month. */
  limitOf(whose: Belongs, now: number): BudgetLimit | null {
    const limits = budgetsOf(this.budgets, whose).flatMap((budget) => {
      const state = this.stateOf(budget);
      const leftUsd = state.monthUsd - state.spentUsd;
      if (leftUsd > 0 && state.usdPerHour === 0) return [];
      const stopMs = leftUsd <= 0 ? now : now + (leftUsd / state.usdPerHour) * HOUR_MS;
      return stopMs >= endOfMonthMs(this.month) ? [] : [{ stopMs, budget: describeBudget(state) }];
    });
    const [first] = limits.sort((a, b) => a.stopMs - b.stopMs);
    return first === undefined ? null : { stopAt: iso(Math.floor(first.stopMs)), budget: first.budget };
  }
}

function dearest(entries: readonly Running[]): Running[] {
  return entries
    .filter(({ usdPerHour }) => usdPerHour > 0)
    .sort((a, b) => b.usdPerHour - a.usdPerHour)
    .slice(0, NAMED)
    .map(({ sessionId, usdPerHour }) => ({ sessionId, usdPerHour }));
}

export function describeBudget({ scope, name, month, monthUsd }: BudgetState): string {
  return `the budget of ${scope} ${name} for ${month} ($${monthUsd})`;
}

function endOfMonthMs(month: string): number {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return Date.UTC(year, number, 1);
}

/** The month of a moment in milliseconds since the Unix epoch. */
export const monthAt = (epochMs: number): string => monthOf(iso(epochMs));
