/** One question to IAM: may this caller do this action on this resource. A call may ask several. */
import type { Caller } from '../service';

export interface Check {
  /** e.g. ec2:TerminateInstances */
  readonly action: string;
  /** An ARN; `*` where the action knows no resource. */
  readonly resource: string;
  /** Condition keys that the call and the resource have, by their names in small letters. */
  readonly keys?: Readonly<Record<string, readonly string[]>>;
}

/** Asks all of them. @throws AwsError as the service of the first action that is denied says it. */
export type Guard = (caller: Caller, checks: readonly Check[]) => void;
