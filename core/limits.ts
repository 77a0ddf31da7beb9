/** Time and money limits of a job, over all its attempts together. */
import type { Attempt, Node, Session } from './session';
import { HOUR_MS, iso, ms, SECOND_MS } from './time';

export interface Limit {
  /** When a node must begin to save and stop. */
  stopAt: string;
  reason: 'BudgetReached' | 'TimeLimitReached';
}

/** The nearest limit of the attempt; null when there is none, or when no price is known. */
export function limitOf(session: Session, attempt: Attempt): Limit | null {
  const beganMs = beginning(attempt);
  if (beganMs === undefined) return null;
  const earlier = session.attempts.filter(({ number }) => number < attempt.number);
  const limits = [timeLimit(session, earlier, beganMs), moneyLimit(session, earlier, attempt, beganMs)];
  return limits.filter((limit) => limit !== null).sort((a, b) => ms(a.stopAt) - ms(b.stopAt))[0] ?? null;
}

function timeLimit(session: Session, earlier: readonly Attempt[], beganMs: number): Limit | null {
  const { maxHours } = session.job.limits;
  if (maxHours === null) return null;
  const usedMs = earlier.reduce((sum, attempt) => sum + durationMs(attempt), 0);
  return { stopAt: iso(beganMs + maxHours * HOUR_MS - usedMs), reason: 'TimeLimitReached' };
}

function moneyLimit(session: Session, earlier: readonly Attempt[], attempt: Attempt, beganMs: number): Limit | null {
  const { maxUsd } = session.job.limits;
  const rate = usdPerHour(attempt);
  if (maxUsd === null || rate === null || rate === 0) return null;
  const spentUsd = earlier.reduce((sum, past) => sum + (durationMs(past) / HOUR_MS) * (usdPerHour(past) ?? 0), 0);
  const affordableMs = ((maxUsd - spentUsd) / rate) * HOUR_MS;
  return { stopAt: iso(beganMs + affordableMs - wayOutMs(session, attempt)), reason: 'BudgetReached' };
}

/** Saving and uploading are paid for too. */
function wayOutMs(session: Session, attempt: Attempt): number {
  const uploads = attempt.nodes.map((node) => node.status?.lastCheckpoint?.uploadSeconds ?? 0);
  return (session.job.limits.graceSeconds + Math.max(0, ...uploads)) * SECOND_MS;
}

/** Of all nodes together; a spot price that is unknown counts as on demand. */
function usdPerHour(attempt: Attempt): number | null {
  const prices = attempt.nodes.map((node: Node) => node.usdPerHour ?? node.onDemandUsdPerHour);
  return prices.reduce<number | null>((sum, price) => (sum === null || price === null ? null : sum + price), 0);
}

function beginning(attempt: Attempt): number | undefined {
  const starts = attempt.nodes.map((node) => ms(node.launchedAt));
  return starts.length === 0 ? undefined : Math.min(...starts);
}

function durationMs(attempt: Attempt): number {
  const beganMs = beginning(attempt);
  return beganMs === undefined || attempt.verdict === null ? 0 : Math.max(0, ms(attempt.verdict.at) - beganMs);
}
