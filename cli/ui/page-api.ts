/** What the page may ask of the server, and what it may have done. The routes know nothing of AWS; a test has its own. */
import type {
  ActionName,
  CheckAnswer,
  CheckpointView,
  CloudInfo,
  CostsAnswer,
  DownloadAnswer,
  DownloadProgress,
  FleetAnswer,
  LogsAnswer,
  MetricsAnswer,
  Plan,
  PlanView,
  SessionChanges,
  SessionDetails,
  StatesAnswer,
  SubmitAnswer,
} from '../../core/view/page-api';

export type RawJob = Record<string, unknown>;

export interface LogQuery {
  attempt: number;
  /** Rank. */
  node: number;
  generation: number;
  from: number;
}

export interface ResumeMore {
  addUsd: number;
  addHours: number;
}

/** Errors are those of the command line: CliError, or the SDK's. */
export interface PageApi {
  cloud(): Promise<CloudInfo>;
  /** `since`: a version of an earlier answer; 0: all. */
  sessions(since: number): Promise<SessionChanges>;
  session(sessionId: string): Promise<SessionDetails>;
  states(sessionId: string): Promise<StatesAnswer>;
  /** `version`: of an earlier answer. */
  metrics(sessionId: string, version: string): Promise<MetricsAnswer>;
  logs(sessionId: string, query: LogQuery): Promise<LogsAnswer>;
  checkpoints(sessionId: string): Promise<CheckpointView[]>;
  /** null: there is none (yet). */
  plan(sessionId: string): Promise<Plan | null>;
  fleet(): Promise<FleetAnswer>;
  costs(): Promise<CostsAnswer>;
  /** Everything that is wrong with a job, paths of this machine included. */
  check(job: RawJob): Promise<CheckAnswer>;
  forecast(job: RawJob): Promise<PlanView>;
  submit(job: RawJob, id: string | undefined): Promise<SubmitAnswer>;
  stop(sessionId: string, options: { now: boolean }): Promise<void>;
  resume(sessionId: string, more: ResumeMore): Promise<SubmitAnswer>;
  /** The two-minute notice; on the local cloud alone. */
  interrupt(sessionId: string): Promise<void>;
  download(sessionId: string): Promise<DownloadAnswer>;
  /** null: none goes on. */
  downloadProgress(sessionId: string): Promise<DownloadProgress | null>;
}

export type { ActionName };
