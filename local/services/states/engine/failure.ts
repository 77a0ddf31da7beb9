/** Why a state failed: the pair that Retry and Catch match and that ends an execution. Either may be absent, as in AWS. */
export class StateFailure extends Error {
  readonly error: string | undefined;
  readonly failureCause: string | undefined;
  /** A missed heartbeat: recorded as States.Timeout, but States.HeartbeatTimeout matches it too. */
  readonly missedHeartbeat: boolean;

  /** Ends the execution whatever Retry and Catch say (recordings test_catch_states_runtime, test_max_concurrency_path). */
  readonly isFatal: boolean;

  constructor(error: string | undefined, cause?: string, options: { missedHeartbeat?: boolean } = {}) {
    super(`${error ?? '(no error name)'}: ${cause ?? ''}`);
    this.isFatal = error === 'States.Runtime';
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
    /** Found after the expressions had been evaluated. */
    readonly isLate: boolean,
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

/** The visit of a state that failed. */
interface Visit {
  name: string;
  enteredEventId: number;
}

function explain({ name, enteredEventId }: Visit, problem: string): string {
  return `An error occurred while executing the state '${name}' (entered at the event id #${enteredEventId}). ${problem}`;
}

/** States.Runtime, with AWS's opening sentence: nothing can catch it. */
export function runtimeFailure(visit: Visit, problem: string): StateFailure {
  return new StateFailure('States.Runtime', explain(visit, problem));
}

/** `location` is the field, as in `Output/result`; absent when no expression is at fault. */
export function queryFailure(
  visit: Visit,
  problem: string,
  location?: string,
  options: { isLate?: boolean } = {},
): QueryFailure {
  return new QueryFailure(explain(visit, problem), location, visit.name, options.isLate ?? false);
}

/** What exceeds 262,144 bytes: a task's result or a state's output. */
export function dataLimitExceeded(what: string): StateFailure {
  return new StateFailure(
    'States.DataLimitExceeded',
    `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}

/** A fault of the interpreter ends the execution loudly; it is nobody's States.TaskFailed. */
export function asFailure(error: unknown): StateFailure {
  if (error instanceof StateFailure) return error;
  return new StateFailure('States.Runtime', error instanceof Error ? (error.stack ?? error.message) : String(error));
}
