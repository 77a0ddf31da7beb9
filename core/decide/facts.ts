/**
 * What was seen of a session, by an event (a little) or by a pass of reconcile (much). Absent means: not looked at.
 * Facts may come twice, late, or never; deciding on them again changes nothing.
 */

import type { PriceHistory } from '../costs/prices';
import type { FinalStatus, NodeStatus } from '../node/node-status';
import type { InstanceLook } from '../ports';
import type { BudgetLimit, InstanceState } from '../session/session';

export interface NodeFacts {
  state?: InstanceState;
  stateReason?: string | null;
  /** When it was told to end, as EC2 says it. */
  endedAt?: string | null;
  hasPublicAddress?: boolean | null;
  privateAddress?: string | null;
  /** ISO 8601. */
  noticeAt?: string;
  rebalanceAt?: string;
  /** EC2 status checks fail. */
  isImpaired?: boolean;
  isSsmOnline?: boolean;
  /** The newest status object and S3's Last-Modified of it. */
  status?: { body: NodeStatus; writtenAt: string };
  final?: FinalStatus;
  /** The start command ended badly: SSM's status. */
  commandFailure?: string;
}

export interface Facts {
  /** Of the session's Step Functions execution; `ended` is any end, seen with its status in words. */
  execution?: { isRunning: boolean; status: string };
  /** By instance id. Instances that are not the session's are ignored. */
  nodes?: Readonly<Record<string, NodeFacts>>;
  /** All instances with the session's tag, or of its record, that EC2 showed. */
  looks?: readonly InstanceLook[];
  stop?: { by: string; immediate: boolean };
  /** A full look at EC2, by record and by tag, found no live instance of the session. */
  noInstances?: boolean;
  /** Prices asked for since (on demand: USD per hour by instance type), and what the stack's budgets leave. */
  costs?: {
    /** By pool; absent: there was no answer. */
    spotPrices: Readonly<Record<string, PriceHistory>>;
    onDemandPrices: Readonly<Record<string, number>>;
    budgetLimit: BudgetLimit | null;
  };
}
