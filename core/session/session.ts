/**
 * The session record: the one truth about a session, one item in the table, changed only by conditional writes on its
 * version. What is intended stands in it before it is done (`requestedAt`), and what came of it after (`doneAt`), so
 * that whoever reads it next can finish what a crash left half done.
 */

import type { SessionCost } from '../costs/cost-lines';
import type { PriceSeries } from '../costs/prices';
import type { ErrorName } from '../errors';
import type { JobSpec } from '../job/job-spec';
import type {
  CommittedCheckpoint,
  FinalStatus,
  Progress,
  ResumedFrom,
  Stage,
  StageTiming,
  Utilization,
} from '../node/node-status';
import type { Notification } from '../notifications/notification';

export type Market = 'spot' | 'on-demand';

/** As EC2 names them, and `gone`: EC2 no longer knows the instance. */
export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated' | 'gone';

/** One instance of an attempt. Times are ISO 8601. */
export interface Node {
  instanceId: string;
  /** `<node role id>:<instance id>`: the node's own prefix in the bucket. */
  userId: string;
  rank: number;
  instanceType: string;
  zone: string;
  market: Market;
  privateAddress: string | null;
  /** null: not seen yet. */
  hasPublicAddress: boolean | null;
  volumeGiB: number;
  launchedAt: string;
  /** At launch; null when unknown. */
  usdPerHour: number | null;
  onDemandUsdPerHour: number | null;
  state: InstanceState;
  stateSince: string;
  /** Paid for until then: the order to end, as EC2 says it, or as first seen; null while it runs. */
  endedAt: string | null;
  /** EC2's own, e.g. Server.SpotInstanceTermination. */
  stateReason: string | null;
  noticeAt: string | null;
  rebalanceAt: string | null;
  /** Since when status is stale *and* EC2 or SSM say that something is wrong. */
  suspectSince: string | null;
  /** S3's Last-Modified of the newest status seen. */
  statusAt: string | null;
  status: NodeSummary | null;
  final: FinalStatus | null;
  terminateRequestedAt: string | null;
}

/** What is kept of a node's status. */
export interface NodeSummary {
  stage: Stage;
  /** Of the leader alone. */
  stages: StageTiming[];
  progress: Progress;
  lastCheckpoint: CommittedCheckpoint | null;
  resumedFrom: ResumedFrom | null;
  /** Absent: not told. */
  utilization?: Utilization | null | undefined;
  /** While the loss is no number: the newest checkpoint from before. */
  finiteCheckpoint?: CommittedCheckpoint | null | undefined;
}

/** Why an attempt ended. The first one wins. `error` null: the command finished with 0. */
export interface Verdict {
  error: ErrorName | null;
  message: string;
  at: string;
}

/** An intent and what came of it. */
export interface Effect {
  requestedAt: string;
  doneAt: string | null;
}

/** `notification`: kept until it was published, because what it tells of may have passed by then. */
export interface AlertEffect extends Effect {
  notification?: Notification;
}

/** One CreateFleet call, recorded before it is made and replayed as it stands. */
export interface LaunchRequest {
  clientToken: string;
  market: Market;
  nodes: number;
  pools: LaunchPool[];
  volumeGiB: number;
  /** Absent: none. */
  placementGroup?: string;
  tags: Record<string, string>;
}

export interface LaunchPool {
  instanceType: string;
  subnetId: string;
  amiId: string;
  rootDeviceName: string;
  volumeGiB: number;
}

export interface Launch extends Effect {
  /** Counts the calls of this attempt from 1: a new one after each "no capacity". */
  try: number;
  request: LaunchRequest;
  errors: PoolError[];
}

/** Why a pool gave nothing. */
export interface PoolError {
  instanceType: string | null;
  zone: string | null;
  market: Market;
  code: string;
  message: string;
}

/** Instances of launches that did not bring all nodes, given back at once: what they cost, by day. USD; null when unknown. */
export interface GivenBack {
  /** The day's first. */
  at: string;
  instances: number;
  instanceUsd: number | null;
  onDemandUsd: number | null;
  volumeUsd: number | null;
  addressUsd: number | null;
}

export interface Attempt {
  number: number;
  /** When its first launch was tried: patience is measured from here. */
  beganAt: string;
  launch: Launch;
  nodes: Node[];
  /** Absent: none were. */
  givenBack?: GivenBack[];
  /** The SSM command that starts the agent. */
  command: (Effect & { commandId: string | null }) | null;
  /** Secret: never in a log, never on an instance. */
  taskToken: string | null;
  heartbeatAt: string | null;
  verdict: Verdict | null;
  /** The task's completion with the verdict. */
  completion: Effect | null;
  /** Its nodes are told to save and stop because of how training goes, or because its replacement is ready. Never taken back. */
  intervention?: Intervention;
  /** The attempt that is prepared while this one trains: core/decide/migrate.ts. */
  replacement?: Effect & { attempt: number };
}

/** What the job's `on` asks for: core/decide/troubles.ts, core/decide/migrate.ts. */
export interface Intervention {
  error: 'TrainingStalled' | 'TrainingRestarted' | 'LossNotFinite' | 'TrainingMigrated';
  /** Why, as a sentence. */
  message: string;
  at: string;
}

export interface StopRequest {
  at: string;
  reason: 'StoppedByUser' | 'Aborted';
  /** Who asked, in words. */
  by: string;
  immediate: boolean;
  /** After this nodes are terminated whether they have saved or not. */
  deadline: string;
}

export interface Outcome {
  result: 'succeeded' | 'failed' | 'stopped' | 'aborted';
  error: ErrorName | string | null;
  message: string;
  at: string;
  resumable: boolean;
}

/** A budget of the stack's that runs out: the session has to stop by then. */
export interface BudgetLimit {
  /** ISO 8601. */
  stopAt: string;
  /** In words, e.g. `the budget of project vision for 2026-11 ($100)`. */
  budget: string;
}

export interface TimelineEntry {
  at: string;
  what: string;
}

/** How long the session's checkpoints are kept (retention.ts). */
export interface Retention {
  /** Attempts before this one have no checkpoint left. */
  emptyBelow: number;
  /** When to look again, ISO 8601; null: when something has happened. */
  nextAt: string | null;
  /** The alert of the deletion, and the day that it named. */
  warning: (Effect & { deleteAt: string }) | null;
  /** From here on nobody can resume from it any more. */
  deletion: Effect | null;
  /** Sessions that began with its checkpoints, or with those of a session that did. */
  heldBy: string[];
}

export interface Session {
  sessionId: string;
  /** Grows by one with every write. */
  version: number;
  executionArn: string;
  createdAt: string;
  job: JobSpec;
  /** User ids of the nodes of the session that this one resumes from, newest first. */
  inheritedCandidates: string[];
  resultsUri: string;
  attempts: Attempt[];
  stopRequest: StopRequest | null;
  outcome: Outcome | null;
  /** SNS notification of the end; `by`: who is about to send it, or has. */
  notification: (Effect & { by?: 'state machine' | 'decision' }) | null;
  /** The lease as last written, with its orders, to see a change. */
  lease: (Effect & { orders: string }) | null;
  /** USD of a GiB of gp3 for a month; null when unknown. */
  volumeUsdPerGibMonth: number | null;
  /** Spot prices of the pools that its nodes ran in, as far as they were asked for. */
  spotPrices: PriceSeries;
  /** By pool, ISO 8601: up to when its prices are known. Absent: none were asked for. */
  spotPricesUntil?: Record<string, string>;
  /** To date, as track-costs computed it last. */
  cost: SessionCost | null;
  /** Receipt and ledger have their last figures. */
  costsSettledAt: string | null;
  budgetLimit: BudgetLimit | null;
  /** By alert id: what the user was told, or is to be told. */
  alerts: Record<string, AlertEffect>;
  /** First of the empty looks at a finished session's instances. */
  emptyLookAt: string | null;
  /** Two empty looks, at least a minute apart, by record and by tag. */
  releasedAt: string | null;
  /** Of its checkpoints; absent: not looked after yet. */
  retention?: Retention;
  timeline: TimelineEntry[];
}

/** Entries kept: an item may have 400 KB. */
const TIMELINE_LIMIT = 200;

export function withTimeline(session: Session, at: string, what: string): Session {
  return { ...session, timeline: [...session.timeline, { at, what }].slice(-TIMELINE_LIMIT) };
}

/** What the user is to be told and was not yet, as far as anybody knows. */
export function untoldAlerts({ alerts }: Session): Required<AlertEffect>[] {
  return Object.values(alerts).flatMap(({ notification, ...effect }) =>
    notification === undefined ? [] : [{ ...effect, notification }],
  );
}
