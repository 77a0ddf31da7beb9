/** Merges facts into the record. Monotone: an old fact that comes late never takes anything back. */
import { mergePrices } from '../costs/prices';
import { costUntil } from '../costs/session-cost';
import type { FinalStatus } from '../node/node-status';
import { isEnding, openAttempts } from '../session/attempts';
import { type Attempt, type InstanceState, type Node, type Session, withTimeline } from '../session/session';
import { isOlderThan, iso, MINUTE_MS, ms, SECOND_MS } from '../time';
import { adopt } from './adopt';
import type { Facts, NodeFacts } from './facts';

/** A status older than this is stale. */
export const STALE_STATUS_MS = 5 * MINUTE_MS;
/** After the grace a stopping node may still upload this long before it is terminated. */
export const DRAIN_MS = 5 * MINUTE_MS;
/** DescribeInstances is eventually consistent: an instance this young may not be visible yet. */
const VISIBILITY_MS = 5 * MINUTE_MS;

/** From AWS's notice to the time that it names. */
const NOTICE_MS = 2 * MINUTE_MS;

const STATE_ORDER: Record<InstanceState, number> = {
  pending: 0,
  running: 1,
  stopping: 2,
  stopped: 3,
  'shutting-down': 4,
  terminated: 5,
  gone: 6,
};

export function observe(before: Session, facts: Facts, now: number): Session {
  const session = adopt(before, facts, now);
  const observed = {
    ...session,
    attempts: session.attempts.map((attempt) => observeAttempt(session, attempt, facts, now)),
  };
  const noted = observeCosts(noteNews(session, observed, now), facts, now);
  return observeStop(observeExecution(noted, facts, now), facts, now);
}

function observeAttempt(session: Session, attempt: Attempt, facts: Facts, now: number): Attempt {
  if (facts.nodes === undefined) return attempt;
  return {
    ...attempt,
    nodes: attempt.nodes.map((node) => {
      const seen = facts.nodes?.[node.instanceId];
      return seen === undefined ? node : observeNode(node, trusted(seen, session, attempt), now);
    }),
  };
}

/** Drops what a node says of another session or attempt: the record alone says which one it speaks for. */
function trusted(seen: NodeFacts, session: Session, attempt: Attempt): NodeFacts {
  const isOwn = (said: { sessionId: string; attempt: number } | undefined) =>
    said !== undefined && said.sessionId === session.sessionId && said.attempt === attempt.number;
  const { status, final, ...rest } = seen;
  return { ...rest, ...(isOwn(status?.body) && status ? { status } : {}), ...(isOwn(final) && final ? { final } : {}) };
}

function observeNode(node: Node, seen: NodeFacts, now: number): Node {
  const next = observeReports(observeState(node, seen, now), seen, now);
  return { ...next, suspectSince: suspectSince(next, seen, now) };
}

function observeState(node: Node, seen: NodeFacts, now: number): Node {
  const { state } = seen;
  const isTooEarly = state === 'gone' && !isOlderThan(node.launchedAt, VISIBILITY_MS, now);
  if (state === undefined || isTooEarly || STATE_ORDER[state] < STATE_ORDER[node.state]) return node;
  return {
    ...node,
    state,
    stateSince: state === node.state ? node.stateSince : iso(now),
    endedAt: node.endedAt ?? (isEnding({ ...node, state }) ? endOf(node, seen, now) : null),
    stateReason: seen.stateReason ?? node.stateReason,
    hasPublicAddress: node.hasPublicAddress ?? seen.hasPublicAddress ?? null,
    privateAddress: node.privateAddress ?? seen.privateAddress ?? null,
  };
}

/** However late the end was seen, EC2's own time of it holds, if it can be true. */
function endOf(node: Node, seen: NodeFacts, now: number): string {
  return seen.endedAt != null && ms(seen.endedAt) >= ms(node.launchedAt) && ms(seen.endedAt) <= now
    ? seen.endedAt
    : iso(now);
}

function observeReports(node: Node, seen: NodeFacts, now: number): Node {
  const { status } = seen;
  const isNewer = status !== undefined && (node.statusAt === null || ms(status.writtenAt) > ms(node.statusAt));
  return {
    ...node,
    noticeAt: node.noticeAt ?? seen.noticeAt ?? noticeOf(seen.final, now),
    rebalanceAt:
      node.rebalanceAt ?? seen.rebalanceAt ?? (status?.body.isRebalanceRecommended ? status.writtenAt : null),
    final: laterFinal(node.final, seen.final),
    ...(isNewer
      ? {
          statusAt: status.writtenAt,
          status: {
            stage: status.body.stage,
            stages: node.rank === 0 ? status.body.stages : [],
            progress: status.body.progress,
            lastCheckpoint: status.body.lastCheckpoint,
            resumedFrom: status.body.resumedFrom,
            utilization: status.body.utilization ?? null,
            finiteCheckpoint: status.body.finiteCheckpoint ?? null,
          },
        }
      : {}),
  };
}

/** By AWS's clock: the node's own, by which it saw the notice, may be wrong. */
function noticeOf(final: FinalStatus | undefined, now: number): string | null {
  const endsAt = final?.notice?.time;
  if (endsAt === undefined) return null;
  const noticedMs = ms(endsAt) - NOTICE_MS;
  // What a node says may be no date at all.
  return iso(noticedMs > 0 && noticedMs < now ? noticedMs : now);
}

/** The first final status that has an outcome stands. */
function laterFinal(known: FinalStatus | null, seen: FinalStatus | undefined): FinalStatus | null {
  return known?.outcome != null || seen === undefined ? known : seen;
}

export function isStale(node: Node, now: number): boolean {
  return isOlderThan(node.statusAt ?? node.launchedAt, STALE_STATUS_MS, now);
}

/** One missing signal is never enough: the status must be stale *and* EC2 or SSM must say that something is wrong. */
function suspectSince(node: Node, seen: NodeFacts, now: number): string | null {
  if (!isStale(node, now)) return null;
  if (seen.isImpaired === true || seen.isSsmOnline === false) return node.suspectSince ?? iso(now);
  return seen.isImpaired === false || seen.isSsmOnline === true ? null : node.suspectSince;
}

/** An execution that ended without finishing its session (stopped, timed out, failed in its own machinery). */
function observeExecution(session: Session, facts: Facts, now: number): Session {
  const { execution } = facts;
  if (execution === undefined || execution.isRunning || session.outcome || session.stopRequest?.reason === 'Aborted') {
    return session;
  }
  const by = `the execution's end (${execution.status})`;
  const stopRequest = {
    at: iso(now),
    reason: 'Aborted' as const,
    by,
    immediate: false,
    deadline: deadline(session, now),
  };
  return withTimeline(
    { ...session, stopRequest },
    iso(now),
    `The execution ended (${execution.status}); nodes are asked to save and stop`,
  );
}

function observeStop(session: Session, facts: Facts, now: number): Session {
  const { stop } = facts;
  if (stop === undefined || session.outcome) return session;
  const asked = session.stopRequest;
  if (asked === null) {
    const stopRequest = { at: iso(now), reason: 'StoppedByUser' as const, ...stop, deadline: deadline(session, now) };
    return withTimeline({ ...session, stopRequest }, iso(now), `Stop asked by ${stop.by}`);
  }
  if (!stop.immediate || asked.immediate) return session;
  return withTimeline(
    { ...session, stopRequest: { ...asked, immediate: true } },
    iso(now),
    `Immediate stop asked by ${stop.by}`,
  );
}

function deadline(session: Session, now: number): string {
  return iso(now + session.job.limits.graceSeconds * SECOND_MS + DRAIN_MS);
}

/** What was asked for of prices, and what that makes of the costs to date. */
function observeCosts(session: Session, { costs }: Facts, now: number): Session {
  if (costs === undefined) return session;
  const histories = Object.entries(costs.spotPrices);
  const merged = histories.map(([pool, { points }]) => [pool, mergePrices(session.spotPrices[pool] ?? [], points)]);
  const spotPrices = { ...session.spotPrices, ...Object.fromEntries(merged) };
  const untils = histories.map(([pool, { until }]) => [pool, until]);
  const spotPricesUntil = { ...session.spotPricesUntil, ...Object.fromEntries(untils) };
  const attempts = session.attempts.map((attempt) => ({
    ...attempt,
    nodes: attempt.nodes.map((node) => withPrice(node, costs.onDemandPrices[node.instanceType])),
  }));
  const priced = { ...session, attempts, spotPrices, spotPricesUntil, budgetLimit: costs.budgetLimit };
  return { ...priced, cost: costUntil(priced, now) };
}

/** What was unknown when it was launched. */
function withPrice(node: Node, usdPerHour: number | undefined): Node {
  if (usdPerHour === undefined || node.onDemandUsdPerHour !== null) return node;
  return { ...node, onDemandUsdPerHour: usdPerHour, usdPerHour: node.market === 'spot' ? node.usdPerHour : usdPerHour };
}

/** Notices and final words, for the flight recorder. */
function noteNews(before: Session, after: Session, now: number): Session {
  const known = new Map(before.attempts.flatMap(({ nodes }) => nodes.map((node) => [node.instanceId, node])));
  let noted = after;
  for (const node of openAttempts(after).flatMap(({ nodes }) => nodes)) {
    const old = known.get(node.instanceId);
    if (node.noticeAt && !old?.noticeAt) {
      noted = withTimeline(noted, iso(now), `Spot interruption notice for ${node.instanceId}`);
    }
    if (node.rebalanceAt && !old?.rebalanceAt) {
      noted = withTimeline(noted, iso(now), `EC2 recommends to leave ${node.instanceId} (rebalance recommendation)`);
    }
    if (node.final?.outcome && !old?.final?.outcome) {
      noted = withTimeline(noted, iso(now), `${node.instanceId} ended: ${node.final.outcome}`);
    }
    if (node.status?.stage !== old?.status?.stage && node.status) {
      noted = withTimeline(noted, iso(now), `${node.instanceId} is at stage ${node.status.stage}`);
    }
  }
  return noted;
}
