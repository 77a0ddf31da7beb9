/**
 * The receipt: what a session cost, line by line and attempt by attempt, what the same would have cost on demand, and
 * what was wasted. What is not known is null, never 0.
 */
import type { ShutdownTiming } from '../node/node-status';
import { leaderOf } from '../session/attempts';
import type { Attempt, Market, Node, Outcome, Session } from '../session/session';
import { iso, ms } from '../time';
import type { CostLines } from './cost-lines';
import { allGivenBack, givenBackSeconds, givenBackUntil } from './given-back';
import { nodeCost } from './node-cost';
import { type PricePoint, poolOf } from './prices';
import { costUntil } from './session-cost';
import { rounded, sumOf } from './sums';
import { type AttemptTime, handOverSeconds, timeOf, type Waste, wasteOf } from './waste';

export interface NodeReceipt {
  instanceId: string;
  instanceType: string;
  zone: string;
  market: Market;
  launchedAt: string;
  /** null: still running. */
  endedAt: string | null;
  seconds: number;
  /** At launch. */
  usdPerHour: number | null;
  /** Spot: from when on the price was another one. */
  priceChanges: PricePoint[];
  onDemandUsdPerHour: number | null;
  /** The instance, without disk and address. */
  usd: number | null;
  onDemandUsd: number | null;
  volumeUsd: number | null;
  addressUsd: number | null;
  /** AWS interrupted it within its first hour and charges nothing for the instance. */
  isWaived: boolean;
}

export interface AttemptReceipt extends AttemptTime {
  attempt: number;
  end: string;
  /** Instances, disks and addresses; null when a price is unknown. */
  usd: number | null;
  /** null: what the attempt did is not known. */
  waste: Waste | null;
  /** Measured by the leader on its way out; null: it was not told to go, or could not say. */
  shutdown: ShutdownTiming | null;
  /** From its last word until the next attempt trained. */
  handOverSeconds: number | null;
  nodes: NodeReceipt[];
  /** Instances of launches that did not bring all nodes: a minute of each is paid for. Absent: none. */
  givenBack?: { instances: number; usd: number | null };
}

export interface ReceiptTotal extends AttemptTime {
  /** Of all instances together. */
  seconds: number;
  /** null when the price of any part is unknown; `knownUsd` is of the others. */
  usd: number | null;
  knownUsd: number;
  lines: CostLines;
  onDemandUsd: number | null;
  /** Of the attempts of which it is known; null: of none. */
  waste: (Waste & { totalUsd: number }) | null;
}

export interface Receipt {
  version: 1;
  sessionId: string;
  job: { name: string; project: string; owner: string };
  /** null: still going on. */
  outcome: Outcome | null;
  createdAt: string;
  computedAt: string;
  /** Every instance is gone, and the prices of its whole life are in. */
  isFinal: boolean;
  attempts: AttemptReceipt[];
  total: ReceiptTotal;
  /** Lines that are not read from a price or a record, but computed from what the session did. */
  estimates: (keyof CostLines)[];
  /** What is not in it. */
  excludes: string[];
}

/** `now` is in milliseconds since the Unix epoch. */
export function receiptOf(session: Session, now: number): Receipt {
  const attempts = session.attempts.map((attempt) => attemptReceipt(session, attempt, now));
  const { name, project, owner } = session.job;
  return {
    version: 1,
    sessionId: session.sessionId,
    job: { name, project, owner },
    outcome: session.outcome,
    createdAt: session.createdAt,
    computedAt: iso(now),
    isFinal: session.costsSettledAt !== null,
    attempts,
    total: totalOf(session, attempts, now),
    estimates: ['storage', 'controlPlane'],
    excludes: ['CloudWatch Logs', 'data transfer', 'taxes and discounts'],
  };
}

function attemptReceipt(session: Session, attempt: Attempt, now: number): AttemptReceipt {
  const nodes = attempt.nodes.map((node) => nodeReceipt(session, node, now));
  const time = timeOf(session, attempt, now);
  const known = nodes.reduce((sum, each) => sum + (each.usd ?? 0) + (each.volumeUsd ?? 0) + (each.addressUsd ?? 0), 0);
  const givenBack = givenBackUntil(attempt, now);
  const back = givenBack && [givenBack.instanceUsd, givenBack.volumeUsd, givenBack.addressUsd];
  const leader = leaderOf(attempt);
  const lifeSeconds = leader === undefined ? 0 : nodeCost(session, leader, now).seconds;
  const waste = wasteOf(attempt, time, known, lifeSeconds);
  return {
    attempt: attempt.number,
    end: attempt.verdict === null ? 'no verdict' : (attempt.verdict.error ?? 'finished'),
    ...time,
    usd: roundedOrNull(
      sumOf([...nodes.flatMap((each) => [each.usd, each.volumeUsd, each.addressUsd]), ...(back ?? [])]),
    ),
    waste: waste && roundedWaste(waste),
    shutdown: leader?.final?.shutdown ?? null,
    handOverSeconds: handOverSeconds(session, attempt),
    nodes,
    ...(givenBack && back ? { givenBack: { instances: givenBack.instances, usd: roundedOrNull(sumOf(back)) } } : {}),
  };
}

function nodeReceipt(session: Session, node: Node, now: number): NodeReceipt {
  const cost = nodeCost(session, node, now);
  const { instanceId, instanceType, zone, market, launchedAt, usdPerHour, onDemandUsdPerHour } = node;
  const { endedAt, seconds, isWaived } = cost;
  return {
    ...{ instanceId, instanceType, zone, market, launchedAt, endedAt, seconds, usdPerHour, onDemandUsdPerHour },
    priceChanges: priceChanges(session, node, endedAt === null ? now : ms(endedAt)),
    usd: roundedOrNull(cost.instanceUsd),
    onDemandUsd: roundedOrNull(cost.onDemandUsd),
    volumeUsd: roundedOrNull(cost.volumeUsd),
    addressUsd: roundedOrNull(cost.addressUsd),
    isWaived,
  };
}

function priceChanges({ spotPrices }: Session, node: Node, endMs: number): PricePoint[] {
  if (node.market !== 'spot') return [];
  const points = spotPrices[poolOf(node)] ?? [];
  return points.filter(({ at }) => ms(at) > ms(node.launchedAt) && ms(at) < endMs);
}

function totalOf(session: Session, attempts: readonly AttemptReceipt[], now: number): ReceiptTotal {
  const nodes = attempts.flatMap((attempt) => attempt.nodes);
  const { usd, isComplete, lines, onDemandUsd } = costUntil(session, now);
  const total = (pick: (attempt: AttemptReceipt) => number | null) => roundedOrNull(sumOf(attempts.map(pick)));
  return {
    seconds: [...nodes.map(({ seconds }) => seconds), ...allGivenBack(session, now).map(givenBackSeconds)].reduce(
      (sum, seconds) => sum + seconds,
      0,
    ),
    usd: isComplete ? usd : null,
    knownUsd: usd,
    lines,
    onDemandUsd,
    setupSeconds: total(({ setupSeconds }) => setupSeconds),
    idleSeconds: total(({ idleSeconds }) => idleSeconds),
    trainSeconds: total(({ trainSeconds }) => trainSeconds),
    uploadSeconds: total(({ uploadSeconds }) => uploadSeconds),
    recomputedSteps: total(({ recomputedSteps }) => recomputedSteps),
    waste: wasteTotal(attempts.flatMap(({ waste }) => waste ?? [])),
  };
}

function wasteTotal(wastes: readonly Waste[]): ReceiptTotal['waste'] {
  if (wastes.length === 0) return null;
  const total = wastes.reduce((sum, each) => ({
    setupUsd: sum.setupUsd + each.setupUsd,
    idleUsd: sum.idleUsd + each.idleUsd,
    recomputedUsd: sum.recomputedUsd + each.recomputedUsd,
  }));
  return { ...roundedWaste(total), totalUsd: rounded(total.setupUsd + total.idleUsd + total.recomputedUsd) };
}

function roundedWaste({ setupUsd, idleUsd, recomputedUsd }: Waste): Waste {
  return { setupUsd: rounded(setupUsd), idleUsd: rounded(idleUsd), recomputedUsd: rounded(recomputedUsd) };
}

function roundedOrNull(usd: number | null): number | null {
  return usd === null ? null : rounded(usd);
}
