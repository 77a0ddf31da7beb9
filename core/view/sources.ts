/** What a session's view is made from: records as they were read, by whoever can read them. */
import type { FinalStatus, NodeStatus } from '../node/node-status';
import type { Session } from '../session/session';

/** The Step Functions execution. Times are ISO 8601. */
export interface ExecutionLook {
  executionArn: string;
  /** As Step Functions names it: RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, … */
  status: string;
  startedAt: string;
  endedAt: string | null;
  error: string | null;
  cause: string | null;
}

/** A node's own objects. They are newer than what the record has of them. */
export interface NodeReports {
  status?: NodeStatus;
  final?: FinalStatus;
}

export interface SessionSources {
  sessionId: string;
  execution: ExecutionLook | null;
  /** null: the job was refused, or is not planned yet. */
  session: Session | null;
  /** By user id. Nodes that were not read are absent. */
  reports: ReadonlyMap<string, NodeReports>;
  /** Milliseconds since the Unix epoch. */
  now: number;
}
