/** Time and money limits of a session, over all its attempts together. */
import { costUntil } from '../costs/session-cost';
import { allNodes, hasTakenPart } from '../session/attempts';
import type { Attempt, Node, Session } from '../session/session';
import { HOUR_MS, iso, ms, SECOND_MS } from '../time';

export interface Limit {
  /** When a node must begin to save and stop. */
  stopAt: string;
  reason: 'BudgetReached' | 'TimeLimitReached';
  /** In words, e.g. `limits.maxUsd ($25)`. */
  what: string;
}

/** The nearest limit of the attempt; null when there is none, or when no price is known. */
export function limitOf(session: Session, attempt: Attempt): Limit | null {
  return limitsOf(session, attempt)[0] ?? null;
}

/** All limits of the attempt, the nearest first. */
export function limitsOf(session: Session, attempt: Attempt): Limit[] {
  const beganMs = beginning(session, attempt);
  if (beganMs === undefined) return [];
  const limits = [timeLimit(session, attempt, beganMs), moneyLimit(session, attempt), stackLimit(session, attempt)];
  return limits.filter((limit) => limit !== null).sort((a, b) => ms(a.stopAt) - ms(b.stopAt));
}

function timeLimit(session: Session, attempt: Attempt, beganMs: number): Limit | null {
  const { maxHours } = session.job.limits;
  if (maxHours === null) return null;
  const earlier = session.attempts.filter(({ number }) => number < attempt.number);
  return {
    stopAt: iso(beganMs + maxHours * HOUR_MS - usedMs(session, earlier)),
    reason: 'TimeLimitReached',
    what: `limits.maxHours (${maxHours})`,
  };
}

/**
 * From the moment up to which everything is known, costs grow at a constant rate until a price or the number of nodes
 * changes, and then this is computed anew.
 */
function moneyLimit(session: Session, attempt: Attempt): Limit | null {
  const { maxUsd } = session.job.limits;
  if (maxUsd === null) return null;
  const assumed = withAssumedPrices(session);
  const knownMs = lastChangeMs(assumed);
  const { usd } = costUntil(assumed, knownMs);
  const { usdPerHour } = costUntil(asIfRunning(assumed, attempt), knownMs);
  const hasUnknownPrice = attempt.nodes.some(
    ({ usdPerHour: price, onDemandUsdPerHour }) => !(price ?? onDemandUsdPerHour),
  );
  if (hasUnknownPrice || usdPerHour === 0) return null;
  const leftMs = ((maxUsd - usd) / usdPerHour) * HOUR_MS;
  return {
    stopAt: iso(Math.floor(knownMs + leftMs - wayOutMs(session, attempt))),
    reason: 'BudgetReached',
    what: `limits.maxUsd ($${maxUsd})`,
  };
}

function stackLimit(session: Session, attempt: Attempt): Limit | null {
  const { budgetLimit } = session;
  if (budgetLimit === null) return null;
  const stopAt = iso(ms(budgetLimit.stopAt) - wayOutMs(session, attempt));
  return { stopAt, reason: 'BudgetReached', what: budgetLimit.budget };
}

/** Saving and uploading are paid for too. */
function wayOutMs(session: Session, attempt: Attempt): number {
  const uploads = attempt.nodes.map((node) => node.status?.lastCheckpoint?.uploadSeconds ?? 0);
  return (session.job.limits.graceSeconds + Math.max(0, ...uploads)) * SECOND_MS;
}

/** A spot price that is unknown counts as on demand: rather too much than too little. */
function withAssumedPrices(session: Session): Session {
  const assumed = (node: Node) => ({ ...node, usdPerHour: node.usdPerHour ?? node.onDemandUsdPerHour });
  return {
    ...session,
    attempts: session.attempts.map((attempt) => ({ ...attempt, nodes: attempt.nodes.map(assumed) })),
  };
}

/** At what rate it was paid for, also when its nodes are gone by now. */
function asIfRunning(session: Session, { number }: Attempt): Session {
  const run = (node: Node): Node => ({ ...node, state: 'running', stateReason: null, endedAt: null });
  const attempts = session.attempts.map((each) =>
    each.number === number ? { ...each, nodes: each.nodes.map(run) } : each,
  );
  return { ...session, attempts };
}

/** A node costs a minute at least, so that nothing changes within its first. */
const FIRST_MINUTE_MS = 60 * SECOND_MS;

function lastChangeMs(session: Session): number {
  const { spotPrices } = session;
  const nodes = allNodes(session);
  const lives = nodes.flatMap(({ launchedAt, endedAt }) => [
    ms(launchedAt) + FIRST_MINUTE_MS,
    ...(endedAt === null ? [] : [ms(endedAt)]),
  ]);
  const prices = Object.values(spotPrices).flatMap((points) => points.map(({ at }) => ms(at)));
  return Math.max(...lives, ...prices);
}

/** Of the time that counts: one that was prepared while another trained began when that one had ended. */
function beginning({ attempts }: Session, { number, nodes }: Attempt): number | undefined {
  const starts = nodes.map((node) => ms(node.launchedAt));
  if (starts.length === 0) return undefined;
  const earlierEnds = attempts.flatMap((each) => (each.number < number && each.verdict ? [ms(each.verdict.at)] : []));
  return Math.max(Math.min(...starts), ...earlierEnds);
}

/** Of limits.maxHours, by the attempts that have ended of these. */
export function usedMs(session: Session, attempts: readonly Attempt[]): number {
  return attempts.reduce((sum, attempt) => sum + durationMs(session, attempt), 0);
}

/** From launch, or from the end of the one before, to the verdict. */
function durationMs(session: Session, attempt: Attempt): number {
  const beganMs = beginning(session, attempt);
  const { verdict } = attempt;
  if (beganMs === undefined || verdict === null || !hasTakenPart(attempt)) return 0;
  return Math.max(0, ms(verdict.at) - beganMs);
}
