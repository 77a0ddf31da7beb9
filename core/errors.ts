/**
 * Every way a job can go wrong, by the name that the state machine, the session record and the user see.
 * The name is a contract: statemachines/training-job.asl.json refers to it, and a test holds the two against each other.
 */

/** What an error means for the session. */
export type ErrorClass =
  /** The user's to mend: the session ends. */
  | 'user'
  /** A limit or an order of the user's: the session ends, resumable. */
  | 'stop'
  /** The machine's fault: a new attempt. */
  | 'infrastructure'
  /** No room in any pool now: wait and try again, as long as the job's patience. */
  | 'capacity'
  /** An account limit: ends at once, says how to raise it. */
  | 'quota'
  /** The deployment's fault: ends at once. */
  | 'config'
  /** Not yet: the state machine retries the same call. */
  | 'transient';

export const ERROR_CLASSES = {
  InvalidJobSpec: 'user',
  TrainingFailed: 'user',
  ResultsUnverified: 'user',
  BudgetReached: 'stop',
  TimeLimitReached: 'stop',
  StoppedByUser: 'stop',
  AttemptsExhausted: 'stop',
  TrainingStalled: 'stop',
  LossNotFinite: 'stop',
  SpotInterrupted: 'infrastructure',
  NodeLost: 'infrastructure',
  NodeUnreachable: 'config',
  LeaseExpired: 'infrastructure',
  TrainingRetried: 'infrastructure',
  TrainingRestarted: 'infrastructure',
  TrainingMigrated: 'infrastructure',
  ReplacementDropped: 'infrastructure',
  CapacityUnavailable: 'capacity',
  QuotaExceeded: 'quota',
  LaunchConfigInvalid: 'config',
  ConfigInvalid: 'config',
  InstanceNotReady: 'transient',
  WriteConflict: 'transient',
  AwsUnavailable: 'transient',
} as const satisfies Record<string, ErrorClass>;

export type ErrorName = keyof typeof ERROR_CLASSES;

/** Whether an attempt that ended with this error is followed by another one. */
export function startsNewAttempt(error: ErrorName | null): boolean {
  return error !== null && ERROR_CLASSES[error] === 'infrastructure';
}

/** Whether a session that ended with this error may be resumed by a later one. */
export function isResumable(name: ErrorName): boolean {
  return ['stop', 'infrastructure'].includes(ERROR_CLASSES[name]) || name === 'TrainingFailed';
}

/** Whether a function that threw it did not do its work: no verdict on a job, no limit, no "not yet". */
export function isFault(error: unknown): boolean {
  if (!(error instanceof RunctlError)) return true;
  const errorClass = ERROR_CLASSES[error.name];
  return errorClass === 'config' || (errorClass === 'transient' && error.name !== 'InstanceNotReady');
}

/** Base of every error that the project throws on purpose. `message` is written for the user. */
export class RunctlError extends Error {
  override readonly name: ErrorName;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(name: ErrorName, message: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = name;
    this.details = options.details ?? {};
  }
}
