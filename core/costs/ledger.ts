/**
 * The cost ledger: what a session cost in a month, as one entry that is written over whenever it changes. Budgets add
 * entries up per owner and project, the daily report per day. Months and days are those of UTC, as on AWS's bill.
 */
import type { Outcome } from '../session';

export interface LedgerEntry {
  /** e.g. 2026-11 */
  month: string;
  sessionId: string;
  job: string;
  project: string;
  owner: string;
  /** When the session began, ISO 8601. */
  createdAt: string;
  /** null: still going on. */
  result: Outcome['result'] | null;
  /** What is known of the month's cost so far, in USD; `isComplete` false when the price of a part is not known. */
  usd: number;
  isComplete: boolean;
  /** The month's `usd` by day, e.g. 2026-11-26. */
  usdByDay: Record<string, number>;
  /** What the same instances, disks and addresses would have cost on demand; null when unknown. */
  onDemandUsd: number | null;
  /** Of `usd`: set-up, idle, steps done twice. */
  wastedUsd: number;
  attempts: number;
  interruptions: number;
  /** USD per hour now; 0 once nothing runs. */
  usdPerHour: number;
  /** ISO 8601. */
  computedAt: string;
}

/** Month of an ISO 8601 time, in UTC. */
export const monthOf = (isoTime: string): string => isoTime.slice(0, 7);
/** Day of an ISO 8601 time, in UTC. */
export const dayOf = (isoTime: string): string => isoTime.slice(0, 10);
