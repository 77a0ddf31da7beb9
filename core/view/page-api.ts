/** What the web page is told by `runctl ui`, as JSON. Types alone: server and page share them. */
import type { Budgets } from '../costs/budgets';
import type { LedgerEntry } from '../costs/ledger';
import type { Receipt } from '../costs/receipt';
import type { JobSpec } from '../job/job-spec';
import type { SpecProblem } from '../job/job-spec-problems';
import type { Plan } from '../plan/plan';
import type { Market } from '../session/session';
import type { CheckpointView } from './checkpoint-view';
import type { AttemptMetrics } from './metric-history';
import type { PlanView } from './plan-view';
import type { SessionRow } from './session-row';
import type { SessionView } from './session-view';
import type { StateTiming } from './state-timings';
import type { ZombieView } from './zombie-view';

export interface CloudInfo {
  stackName: string;
  region: string;
  accountId: string;
  /** Not AWS: instances can be interrupted from here. */
  isLocal: boolean;
  /** The folder that paths of this machine are relative to, and where downloads go. */
  folder: string;
  /** Of the clouds' time, in milliseconds since the Unix epoch. */
  now: number;
  /** How long the page waits between two looks. */
  pollMs: number;
  /** How job.json is submitted without the page. */
  submit: ActionCommands;
}

/** Sessions that changed since the version that was asked for. */
export interface SessionChanges {
  version: number;
  now: number;
  rows: SessionRow[];
  /** There are older ones than the page lists. */
  hasMore: boolean;
}

/** A change that a button makes, as somebody would type it. */
export interface ActionCommands {
  runctl: string;
  aws?: string;
}

export type ActionName = 'stop' | 'stopNow' | 'resume' | 'interrupt' | 'download';

export interface SessionDetails {
  now: number;
  view: SessionView;
  /** null: nothing is planned. */
  job: JobSpec | null;
  receipt: Receipt | null;
  /** Those that apply now. */
  actions: Partial<Record<ActionName, ActionCommands>>;
  /** Of the AWS console; null on the local cloud. */
  links: { execution: string; logs: string } | null;
}

export interface StatesAnswer {
  /** null: Step Functions has forgotten the execution. */
  states: StateTiming[] | null;
}

export interface MetricsAnswer {
  /** Grows when there is more. */
  version: string;
  /** undefined: nothing has changed. */
  attempts?: AttemptMetrics[];
}

export interface LogsAnswer {
  attempt: number;
  /** Another one: what was read before is not this log. */
  generation: number;
  /** Number of the first line below; lines are numbered from 0. */
  from: number;
  lines: string[];
  /** Older lines that are no longer kept here: `runctl logs` has them. */
  dropped: number;
  isOver: boolean;
}

export interface FleetInstance {
  instanceId: string;
  instanceType: string;
  market: Market;
  zone: string;
  state: string;
  ageSeconds: number;
  sessionId: string | null;
  attempt: number | null;
  /** null: unknown. */
  usdPerHour: number | null;
}

export interface FleetAnswer {
  now: number;
  instances: FleetInstance[];
  zombies: Omit<ZombieView, 'resource'>[];
  /** What ends zombies at once. */
  reapCommand: string;
}

export interface CostsAnswer {
  now: number;
  entries: LedgerEntry[];
  budgets: Budgets;
}

export interface CheckAnswer {
  problems: SpecProblem[];
}

export interface SubmitAnswer {
  sessionId: string;
}

export interface DownloadAnswer {
  folder: string;
  what: string;
  files: string[];
  totalBytes: number;
  problems: string[];
}

/** Of a download that goes on. */
export interface DownloadProgress {
  doneBytes: number;
  /** null: the manifest is not read yet. */
  totalBytes: number | null;
}

export interface PageError {
  message: string;
  hint?: string;
  problems?: SpecProblem[];
}

export type { CheckpointView, Plan, PlanView };
