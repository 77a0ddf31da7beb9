import { type Budget, type Budgets, budgetsOf } from '../costs/budgets';
import type { LedgerEntry } from '../costs/ledger';

/** The budgets that a report tells of: those of the settings by name, and what `*` comes to for whoever spent something. */
export function monthBudgets(budgets: Budgets, entries: readonly LedgerEntry[]): Budget[] {
  const named = (['project', 'owner'] as const).flatMap((scope) =>
    Object.entries(budgets[scope]).flatMap(([name, monthUsd]) => (name === '*' ? [] : [{ scope, name, monthUsd }])),
  );
  const all = [...named, ...entries.flatMap((entry) => budgetsOf(budgets, entry))];
  return [...new Map(all.map((budget) => [`${budget.scope}/${budget.name}`, budget])).values()];
}
