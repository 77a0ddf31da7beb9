import type { Json, JsonObject } from '../json';

/** Amazon States Language, as far as the interpreter knows it. Everything here has passed `validateDefinition`. */

export type QueryLanguage = 'JSONPath' | 'JSONata';

export interface Program {
  StartAt: string;
  States: Readonly<Record<string, StateDefinition>>;
}

export interface StateMachineDefinition extends Program {
  QueryLanguage?: QueryLanguage;
  TimeoutSeconds?: number;
  Comment?: string;
  Version?: string;
}

export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: 'FULL' | 'NONE';
}

export interface Catcher {
  ErrorEquals: string[];
  Next: string;
  ResultPath?: string | null;
  Assign?: JsonObject;
  Output?: Json;
}

/** A Choice rule or, inside And/Or/Not, a part of one: JSONata has `Condition`, JSONPath one operator member. */
export interface ChoiceRule extends JsonObject {}

export const STATE_TYPES = ['Task', 'Choice', 'Wait', 'Pass', 'Parallel', 'Map', 'Succeed', 'Fail'] as const;
export type StateType = (typeof STATE_TYPES)[number];

/** One state; which fields may stand in which type is the validator's business. */
export interface StateDefinition {
  Type: StateType;
  QueryLanguage?: QueryLanguage;
  Next?: string;
  End?: boolean;
  Retry?: Retrier[];
  Catch?: Catcher[];
  Assign?: JsonObject;
  Output?: Json;
  Arguments?: Json;
  InputPath?: string | null;
  OutputPath?: string | null;
  Parameters?: Json;
  ResultSelector?: JsonObject;
  ResultPath?: string | null;
  Result?: Json;
  Resource?: string;
  TimeoutSeconds?: number | string;
  TimeoutSecondsPath?: string;
  HeartbeatSeconds?: number | string;
  HeartbeatSecondsPath?: string;
  Credentials?: JsonObject;
  Seconds?: number | string;
  SecondsPath?: string;
  Timestamp?: string;
  TimestampPath?: string;
  Choices?: ChoiceRule[];
  Default?: string;
  Error?: string;
  ErrorPath?: string;
  Cause?: string;
  CausePath?: string;
  Branches?: Program[];
  ItemProcessor?: Program;
  Iterator?: Program;
  Items?: Json;
  ItemsPath?: string;
  ItemSelector?: Json;
  MaxConcurrency?: number | string;
  MaxConcurrencyPath?: string;
}
