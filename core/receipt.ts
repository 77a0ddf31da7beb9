/**
 * The receipt: what a session's instances cost, what the same would have cost on demand, and what was wasted.
 * Per second from launch to shutting-down, 60 s at least. What is not known is null, never 0.
 */
import type { Stage, StageTiming } from './node-status';
import { type Attempt, isEnding, type Market, type Node, type Outcome, type Session } from './session';
import { HOUR_MS, iso, ms, SECOND_MS } from './time';

const LEAST_SECONDS = 60;
/** AWS waives an interrupted spot instance's first hour, and says so in its state reason. */
const AWS_INTERRUPTED = 'Server.SpotInstanceTermination';

const SETUP_STAGES: readonly Stage[] = ['boot', 'code', 'data', 'wait', 'resume'];

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
  onDemandUsdPerHour: number | null;
  usd: number | null;
  onDemandUsd: number | null;
  /** AWS interrupted it within its first hour and charges nothing. */
  isWaived: boolean;
}

export interface AttemptReceipt {
  attempt: number;
  end: string;
  setupSeconds: number | null;
  trainSeconds: number | null;
  uploadSeconds: number | null;
  /** Of the attempt before, done again by this one. */
  recomputedSteps: number | null;
  nodes: NodeReceipt[];
}

export interface ReceiptTotal {
  /** Of all instances together. */
  seconds: number;
  /** null when the price of any instance is unknown; `knownUsd` is of the others. */
  usd: number | null;
  knownUsd: number;
  onDemandUsd: number | null;
  setupSeconds: number | null;
  trainSeconds: number | null;
  uploadSeconds: number | null;
  recomputedSteps: number | null;
}

export interface Receipt {
  version: 1;
  sessionId: string;
  job: { name: string; project: string; owner: string };
  /** null: still going on. */
  outcome: Outcome | null;
  createdAt: string;
  computedAt: string;
  attempts: AttemptReceipt[];
  total: ReceiptTotal;
  /** What is not in it. */
  excludes: string[];
}

/** `now` is in milliseconds since the Unix epoch. */
export function receiptOf(session: Session, now: number): Receipt {
  const attempts = session.attempts.map((attempt, index) =>
    attemptReceipt(attempt, index === 0 ? undefined : session.attempts[index - 1], now),
  );
  const { name, project, owner } = session.job;
  return {
    version: 1,
    sessionId: session.sessionId,
    job: { name, project, owner },
    outcome: session.outcome,
    createdAt: session.createdAt,
    computedAt: iso(now),
    attempts,
    total: totalOf(attempts),
    excludes: ['EBS volumes', 'public IPv4 addresses', 'S3', 'CloudWatch Logs', 'the control plane'],
  };
}

function attemptReceipt(attempt: Attempt, before: Attempt | undefined, now: number): AttemptReceipt {
  const stages = leaderOf(attempt)?.final?.stages ?? null;
  return {
    attempt: attempt.number,
    end: attempt.verdict === null ? 'no verdict' : (attempt.verdict.error ?? 'finished'),
    setupSeconds: secondsIn(stages, SETUP_STAGES),
    trainSeconds: secondsIn(stages, ['train']),
    uploadSeconds: secondsIn(stages, ['upload']),
    recomputedSteps: before === undefined ? 0 : recomputedSteps(before, attempt),
    nodes: attempt.nodes.map((node) => nodeReceipt(node, now)),
  };
}

function leaderOf({ nodes }: Attempt): Node | undefined {
  return nodes.find(({ rank }) => rank === 0);
}

function secondsIn(stages: readonly StageTiming[] | null, wanted: readonly Stage[]): number | null {
  if (stages === null) return null;
  const spent = stages
    .filter(({ stage }) => wanted.includes(stage))
    .reduce((sum, { seconds }) => sum + (seconds ?? 0), 0);
  return Math.round(spent * 1000) / 1000;
}

/** Steps that the attempt before had reached, less those that this one began with. */
function recomputedSteps(before: Attempt, attempt: Attempt): number | null {
  const [last, own] = [leaderOf(before), leaderOf(attempt)];
  const reached = last?.final?.progress.step ?? last?.status?.progress.step ?? null;
  const hasReported = own?.final !== null || own?.status !== null;
  if (reached === null || own === undefined || !hasReported) return null;
  const resumedFrom = own.final?.resumedFrom ?? own.status?.resumedFrom ?? null;
  if (resumedFrom === null) return reached;
  return resumedFrom.step === null ? null : Math.max(0, reached - resumedFrom.step);
}

function nodeReceipt(node: Node, now: number): NodeReceipt {
  const endedAt = isEnding(node) ? node.stateSince : null;
  const ranSeconds = Math.max(0, (endedAt === null ? now : ms(endedAt)) - ms(node.launchedAt)) / SECOND_MS;
  const seconds = Math.max(LEAST_SECONDS, Math.round(ranSeconds));
  const hours = (seconds * SECOND_MS) / HOUR_MS;
  const isWaived = node.market === 'spot' && node.stateReason === AWS_INTERRUPTED && hours < 1;
  const { instanceId, instanceType, zone, market, launchedAt, usdPerHour, onDemandUsdPerHour } = node;
  return {
    ...{ instanceId, instanceType, zone, market, launchedAt, endedAt, seconds, usdPerHour, onDemandUsdPerHour },
    usd: isWaived ? 0 : costOf(usdPerHour, hours),
    onDemandUsd: costOf(onDemandUsdPerHour, hours),
    isWaived,
  };
}

function costOf(usdPerHour: number | null, hours: number): number | null {
  return usdPerHour === null ? null : rounded(usdPerHour * hours);
}

/** To a millionth of a dollar. */
function rounded(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}

function totalOf(attempts: readonly AttemptReceipt[]): ReceiptTotal {
  const nodes = attempts.flatMap((attempt) => attempt.nodes);
  return {
    seconds: nodes.reduce((sum, { seconds }) => sum + seconds, 0),
    usd: sumOf(nodes.map(({ usd }) => usd)),
    knownUsd: rounded(nodes.reduce((sum, { usd }) => sum + (usd ?? 0), 0)),
    onDemandUsd: sumOf(nodes.map(({ onDemandUsd }) => onDemandUsd)),
    setupSeconds: sumOf(attempts.map(({ setupSeconds }) => setupSeconds)),
    trainSeconds: sumOf(attempts.map(({ trainSeconds }) => trainSeconds)),
    uploadSeconds: sumOf(attempts.map(({ uploadSeconds }) => uploadSeconds)),
    recomputedSteps: sumOf(attempts.map(({ recomputedSteps: steps }) => steps)),
  };
}

/** Unknown when a part is unknown. */
function sumOf(parts: readonly (number | null)[]): number | null {
  return parts.reduce<number | null>((sum, part) => (sum === null || part === null ? null : rounded(sum + part)), 0);
}
