/** What was spent, added up from ledger entries. */
import type { LedgerEntry } from '../costs/ledger';

export const COST_GROUPS = ['owner', 'project', 'job', 'session', 'day'] as const;
export type CostGroup = (typeof COST_GROUPS)[number];

export interface CostRow {
  /** The owner, project, …; for days e.g. 2026-11-26. */
  key: string;
  sessions: number;
  usd: number;
  /** null: the price of a part is unknown; days have none, as the ledger keeps it by month. */
  onDemandUsd: number | null;
  wastedUsd: number | null;
  interruptions: number | null;
  /** False: `usd` is only what is known. */
  isComplete: boolean;
}

export interface CostReport {
  months: string[];
  by: CostGroup;
  rows: CostRow[];
  total: Omit<CostRow, 'key'>;
  /** What everything that runs costs an hour now. */
  usdPerHour: number;
}

/** Days in their order, everything else the dearest first. */
export function costReport(entries: readonly LedgerEntry[], by: CostGroup, months: readonly string[]): CostReport {
  const groups = new Map<string, LedgerEntry[]>();
  for (const entry of entries) {
    for (const key of keysOf(entry, by)) groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  const rows = [...groups].map(([key, own]) => ({ key, ...(by === 'day' ? sumOfDay(own, key) : sumOf(own)) }));
  return {
    months: [...months],
    by,
    rows: rows.sort((a, b) => (by === 'day' ? (a.key < b.key ? -1 : 1) : b.usd - a.usd || (a.key < b.key ? -1 : 1))),
    total: sumOf(entries),
    usdPerHour: entries.reduce((sum, { usdPerHour }) => sum + usdPerHour, 0),
  };
}

function keysOf(entry: LedgerEntry, by: CostGroup): string[] {
  switch (by) {
    case 'day':
      return Object.keys(entry.usdByDay);
    case 'session':
      return [entry.sessionId];
    default:
      return [entry[by]];
  }
}

function sumOf(entries: readonly LedgerEntry[]): Omit<CostRow, 'key'> {
  return {
    // A session that lived in two months has two entries.
    sessions: new Set(entries.map(({ sessionId }) => sessionId)).size,
    usd: entries.reduce((sum, { usd }) => sum + usd, 0),
    onDemandUsd: entries.reduce<number | null>(
      (sum, { onDemandUsd }) => (sum === null || onDemandUsd === null ? null : sum + onDemandUsd),
      0,
    ),
    wastedUsd: entries.reduce((sum, { wastedUsd }) => sum + wastedUsd, 0),
    interruptions: entries.reduce((sum, { interruptions }) => sum + interruptions, 0),
    isComplete: entries.every(({ isComplete }) => isComplete),
  };
}

function sumOfDay(entries: readonly LedgerEntry[], day: string): Omit<CostRow, 'key'> {
  return {
    sessions: entries.length,
    usd: entries.reduce((sum, { usdByDay }) => sum + (usdByDay[day] ?? 0), 0),
    onDemandUsd: null,
    wastedUsd: null,
    interruptions: null,
    isComplete: entries.every(({ isComplete }) => isComplete),
  };
}
