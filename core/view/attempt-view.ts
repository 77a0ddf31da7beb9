/** One attempt as people see it. */

import type { AttemptReceipt } from '../costs/receipt';
import type {
  CommittedCheckpoint,
  Progress,
  ResumedFrom,
  ShutdownTiming,
  StageTiming,
  Transfer,
  Utilization,
} from '../node/node-status';
import { leaderOf } from '../session/attempts';
import type { Attempt, InstanceState, Market, PoolError } from '../session/session';
import type { NodeReports } from './sources';

export interface NodeView {
  instanceId: string;
  rank: number;
  instanceType: string;
  zone: string;
  market: Market;
  state: InstanceState;
  launchedAt: string;
  endedAt: string | null;
  usdPerHour: number | null;
  /** null: its price is unknown. */
  usd: number | null;
  /** AWS took it back within its first hour and charges nothing. */
  isWaived: boolean;
  /** What it said that it did when; empty when that is not known. */
  stages: StageTiming[];
  noticeAt: string | null;
  /** While it trains; null: not measured. */
  utilization: Pick<Utilization, 'cpu' | 'gpus'> | null;
}

export interface AttemptView {
  number: number;
  beganAt: string;
  /** null: it goes on. */
  endedAt: string | null;
  /** `error` null: its command finished with 0. */
  end: { error: string | null; message: string } | null;
  market: Market;
  nodes: NodeView[];
  /** Of the leader, as all that follows. */
  stages: StageTiming[];
  /** Bytes on their way in the stage that is going on. */
  transfer: Transfer | null;
  progress: Progress | null;
  resumedFrom: ResumedFrom | null;
  lastCheckpoint: CommittedCheckpoint | null;
  /** Steps of the attempt before that this one did again; null: unknown. */
  recomputedSteps: number | null;
  noticeAt: string | null;
  shutdown: ShutdownTiming | null;
  /** From its last word until the next attempt trained; null: none does, or unknown. */
  handOverSeconds: number | null;
  /** Pools that had no room, or were refused. */
  poolErrors: PoolError[];
  warnings: string[];
}

export function attemptView(
  attempt: Attempt,
  receipt: AttemptReceipt | undefined,
  reports: ReadonlyMap<string, NodeReports>,
): AttemptView {
  const leader = leaderOf(attempt);
  const told = (leader && reports.get(leader.userId)) ?? {};
  const final = told.final?.outcome ? told.final : (leader?.final ?? null);
  // The last word is newer than the last heartbeat.
  const newest = final?.outcome ? final : (told.status ?? null);
  const summary = leader?.status ?? null;
  return {
    number: attempt.number,
    beganAt: attempt.beganAt,
    endedAt: attempt.verdict?.at ?? null,
    end: attempt.verdict && { error: attempt.verdict.error, message: attempt.verdict.message },
    market: attempt.nodes[0]?.market ?? attempt.launch.request.market,
    nodes: attempt.nodes.map((node, index) => nodeView(node, receipt?.nodes[index], reports.get(node.userId))),
    stages: newest?.stages ?? summary?.stages ?? [],
    transfer: final?.outcome ? null : (told.status?.transfer ?? null),
    progress: newest?.progress ?? summary?.progress ?? null,
    resumedFrom: newest?.resumedFrom ?? summary?.resumedFrom ?? null,
    lastCheckpoint: newest?.lastCheckpoint ?? summary?.lastCheckpoint ?? null,
    recomputedSteps: receipt?.recomputedSteps ?? null,
    noticeAt: leader?.noticeAt ?? null,
    shutdown: final?.shutdown ?? null,
    handOverSeconds: receipt?.handOverSeconds ?? null,
    poolErrors: attempt.launch.errors,
    warnings: told.status?.warnings ?? [],
  };
}

function nodeView(
  node: Attempt['nodes'][number],
  receipt: AttemptReceipt['nodes'][number] | undefined,
  told: NodeReports | undefined,
): NodeView {
  const { instanceId, rank, instanceType, zone, market, launchedAt, usdPerHour, noticeAt } = node;
  return {
    ...{ instanceId, rank, instanceType, zone, market, launchedAt, usdPerHour, noticeAt },
    stages: stagesOf(node, told),
    // What speaks runs; the record hears of it a minute later.
    state: node.state === 'pending' && told?.status ? 'running' : node.state,
    endedAt: receipt?.endedAt ?? null,
    usd: receipt?.usd ?? null,
    isWaived: receipt?.isWaived ?? false,
    utilization: node.final?.outcome || told?.final?.outcome ? null : busy(told?.status ?? node.status),
  };
}

/** The last word is newer than the last heartbeat, and what the node says of itself than what the record has of it. */
function stagesOf({ final, status }: Attempt['nodes'][number], told: NodeReports | undefined): StageTiming[] {
  const said = [told?.final?.outcome ? told.final : undefined, final, told?.status, status];
  return said.find((each) => each && each.stages.length > 0)?.stages ?? [];
}

function busy(told: { utilization?: Utilization | null | undefined } | null): NodeView['utilization'] {
  return told?.utilization ? { cpu: told.utilization.cpu, gpus: told.utilization.gpus } : null;
}
