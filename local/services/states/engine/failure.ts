import type { Frame } from './frame';

/** Why a state failed: the pair that Retry and Catch match and that ends an execution. Either may be absent, as in AWS. */
export class StateFailure extends Error {
  readonly error: string | undefined;
  readonly failureCause: string | undefined;
  /** A missed heartbeat: recorded as States.Timeout, but States.HeartbeatTimeout matches it too. */
  readonly missedHeartbeat: boolean;

  constructor(error: string | undefined, cause?: string, options: { missedHeartbeat?: boolean } = {}) {
    super(`${error ?? '(no error name)'}: ${cause ?? ''}`);
    this.error = error;
    this.failureCause = cause;
    this.missedHeartbeat = options.missedHeartbeat ?? false;
  }
}

/** A query (JSONata) that failed; recorded as EvaluationFailed before anything else happens. */
export class QueryFailure extends StateFailure {
  recorded = false;

  constructor(
    cause: string,
    readonly location: string | undefined,
    readonly stateName: string,
  ) {
    super('States.QueryEvaluationError', cause);
  }
}

/** Thrown inside a branch or execution that has been ended from outside: nothing more may be recorded or done. */
export class Halted extends Error {
  constructor() {
    super('This branch has been ended.');
  }
}

function explain(frame: Frame, problem: string): string {
  return `An error occurred while executing the state '${frame.name}' (entered at the event id #${frame.enteredEventId}). ${problem}`;
}

/** States.Runtime, with AWS's opening sentence; neither States.ALL nor States.TaskFailed matches it. */
export function runtimeFailure(frame: Frame, problem: string): StateFailure {
  return new StateFailure('States.Runtime', explain(frame, problem));
}

/** `location` is the field, as in `Output/result`; absent when no expression is at fault. */
export function queryFailure(frame: Frame, problem: string, location?: string): QueryFailure {
  return new QueryFailure(explain(frame, problem), location, frame.name);
}

/** What exceeds 262,144 bytes: a task's result or a state's output. */
export function dataLimitExceeded(what: string): StateFailure {
  return new StateFailure(
    'States.DataLimitExceeded',
    `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}
