import type { Catcher, ChoiceRule } from '../definition/types';
import type { StateFailure } from '../engine/failure';
import type { JsonObject, Payload } from '../json';

/** What a state hands on: its output, and the variables that it assigns. */
export interface Outcome {
  output: Payload;
  assigned?: JsonObject;
}

/**
 * How a state reads its input and forms its output, in one of the two query languages.
 * Every method throws a StateFailure (States.QueryEvaluationError or States.Runtime) when a query fails.
 */
export interface StateQuery {
  /** Arguments (JSONata), or InputPath and Parameters (JSONPath): what the state works on. */
  arguments(): Promise<Payload>;
  /** The output of a state without a result of its own (Choice, Wait, Succeed). */
  passOn(rule?: ChoiceRule): Promise<Outcome>;
  /** The output of a state with a result (Task, Parallel, Map, Pass). */
  output(result: Payload): Promise<Outcome>;
  /** The output of a catcher. */
  caught(catcher: Catcher, failure: StateFailure): Promise<Outcome>;
  /** A whole number of seconds from `<field>` or `<field>Path`; undefined when the state has neither. */
  seconds(field: 'TimeoutSeconds' | 'HeartbeatSeconds'): Promise<number | undefined>;
  /** Milliseconds since the epoch until which a Wait state waits. */
  waitUntilMs(): Promise<number>;
  /** Fail's error and cause. */
  failure(): Promise<StateFailure>;
  /** Whether a Choice rule holds. */
  holds(rule: ChoiceRule, index: number): Promise<boolean>;
  /** A Map state's items. */
  items(): Promise<Payload[]>;
  /** The input of one iteration. */
  itemInput(item: Payload, index: number): Promise<Payload>;
  /** A Map state's limit; 0 is none. */
  maxConcurrency(): Promise<number>;
}
