/**
 * The cost ledger: what a session cost in a month, as one entry that is written over whenever it changes. Budgets add
 * entries up per owner and project, the daily report per day. Months and days are those of UTC, as on AWS's bill.
 */
import { allNodes } from '../session/attempts';
import type { Outcome, Session } from '../session/session';
import { DAY_MS, iso, MINUTE_MS, ms } from '../time';
import { receiptOf } from './receipt';
import { costUntil } from './session-cost';
import { rounded } from './sums';

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

/** The entries of every month that the session lived in, up to `now` (milliseconds since the Unix epoch). */
export function ledgerEntries(session: Session, now: number): LedgerEntry[] {
  const endMs = lastCostMs(session, now);
  const days = daysBetween(ms(session.createdAt), endMs);
  const months = [...new Set(days.map(({ day }) => monthOf(day)))];
  const whole = costUntil(session, endMs);
  const { waste } = receiptOf(session, endMs).total;
  return months.map((month) => {
    const own = days.filter(({ day }) => monthOf(day) === month);
    const usdByDay = Object.fromEntries(own.map(({ day, fromMs, toMs }) => [day, usdWithin(session, fromMs, toMs)]));
    const usd = rounded(Object.values(usdByDay).reduce((sum, each) => sum + each, 0));
    const share = whole.usd === 0 ? 0 : usd / whole.usd;
    return {
      month,
      sessionId: session.sessionId,
      job: session.job.name,
      project: session.job.project,
      owner: session.job.owner,
      createdAt: session.createdAt,
      result: session.outcome?.result ?? null,
      usd,
      isComplete: whole.isComplete,
      usdByDay,
      onDemandUsd: whole.onDemandUsd === null ? null : rounded(whole.onDemandUsd * share),
      wastedUsd: rounded((waste?.totalUsd ?? 0) * share),
      attempts: session.attempts.length,
      interruptions: session.attempts.filter(({ verdict }) => verdict?.error === 'SpotInterrupted').length,
      usdPerHour: whole.usdPerHour,
      computedAt: iso(now),
    };
  });
}

/** Nothing of a session that has ended costs anything after its last instance but the keeping of its checkpoints. */
function lastCostMs(session: Session, now: number): number {
  const { outcome } = session;
  const nodes = allNodes(session);
  if (outcome === null || nodes.some(({ endedAt }) => endedAt === null)) return now;
  return Math.min(now, Math.max(ms(outcome.at), ...nodes.map(({ endedAt }) => ms(endedAt ?? outcome.at) + MINUTE_MS)));
}

/** `fromMs` null: from the beginning. */
function usdWithin(session: Session, fromMs: number | null, toMs: number): number {
  const before = fromMs === null ? 0 : costUntil(session, fromMs).usd;
  return rounded(costUntil(session, toMs).usd - before);
}

interface Day {
  day: string;
  fromMs: number | null;
  toMs: number;
}

function daysBetween(fromMs: number, toMs: number): Day[] {
  const days: Day[] = [];
  let startMs: number | null = null;
  for (let atMs = fromMs; ; ) {
    const day = dayOf(iso(atMs));
    const endMs = ms(`${day}T00:00:00.000Z`) + DAY_MS;
    if (toMs <= endMs) return [...days, { day, fromMs: startMs, toMs }];
    days.push({ day, fromMs: startMs, toMs: endMs });
    startMs = endMs;
    atMs = endMs;
  }
}
