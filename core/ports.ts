/** What the domain asks of the outside world. One adapter each in aws/. All times are ISO 8601 strings. */
import type { Architecture } from './plan';
import type { InstanceState, LaunchRequest, Market, PoolError, Session } from './session';

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/** The session table. */
export interface SessionStore {
  get(sessionId: string): Promise<Session | undefined>;
  /** Returns false when a record of that id exists already. */
  create(session: Session): Promise<boolean>;
  /**
   * Writes `session` with version + 1 if the stored version is still `session.version`, and returns it as written.
   * Also keeps the instance → session index and the list of open sessions (open until `releasedAt`).
   * Throws WriteConflict when another writer was first.
   */
  save(session: Session): Promise<Session>;
  sessionIdOfInstance(instanceId: string): Promise<string | undefined>;
  /** Every session that is not released, a page at a time. */
  openSessions(): AsyncIterable<Session>;
}

export interface LaunchedInstance {
  instanceId: string;
  instanceType: string;
  zone: string;
  privateAddress: string | null;
  launchedAt: string;
}

export interface InstanceLook extends LaunchedInstance {
  sessionId: string | null;
  attempt: number | null;
  state: InstanceState;
  stateReason: string | null;
  market: Market;
}

export interface Fleet {
  /**
   * One CreateFleet `instant` call. Nothing launched is not an error: see `errors`.
   * Throws QuotaExceeded, LaunchConfigInvalid, or AwsUnavailable (outcome unknown: call again with the same request).
   */
  launch(request: LaunchRequest): Promise<{ instances: LaunchedInstance[]; errors: PoolError[] }>;
  /** Idempotent; ids that EC2 no longer knows are skipped. */
  terminate(instanceIds: readonly string[]): Promise<void>;
  /** All instances tagged as runctl's, in any state that EC2 still shows; of one session when it is given. */
  look(sessionId?: string): Promise<InstanceLook[]>;
  /** Of these, the ones whose EC2 status checks are failing. */
  impaired(instanceIds: readonly string[]): Promise<Set<string>>;
}

export interface StartCommand {
  sessionId: string;
  attempt: number;
  instanceIds: readonly string[];
  architecture: Architecture;
}

export interface RunCommand {
  /** Of these, the ones whose SSM agent is online. */
  online(instanceIds: readonly string[]): Promise<Set<string>>;
  /** Sends the stack's start document; safe to repeat. Throws InstanceNotReady. Returns the command id. */
  start(command: StartCommand): Promise<string>;
}

export interface StoredObject {
  text: string;
  /** S3's Last-Modified. */
  writtenAt: string;
}

export interface ObjectStore {
  /** An object of the stack's bucket, at most `maxBytes` of it (default 1 MiB: nodes are untrusted). */
  get(key: string, options?: { bucket?: string; maxBytes?: number }): Promise<StoredObject | undefined>;
  put(key: string, text: string): Promise<void>;
  /** Whether the object, or anything below a prefix ending in `/`, exists. Throws on no access. */
  exists(uri: string): Promise<boolean>;
  sizeBytes(uri: string): Promise<number | undefined>;
}

/** Step Functions tasks that wait for a token. `expired`: nobody waits on that token any more. */
export interface TaskCallback {
  succeed(token: string, output: object): Promise<'done' | 'expired'>;
  fail(token: string, error: string, cause: string): Promise<'done' | 'expired'>;
  heartbeat(token: string): Promise<'done' | 'expired'>;
}

export interface Executions {
  /** Status of one execution, e.g. RUNNING, ABORTED; undefined when Step Functions does not know it. */
  status(executionArn: string): Promise<string | undefined>;
  /** ARNs of all running executions of the stack's state machine. */
  running(): Promise<Set<string>>;
}

export interface Notification {
  /** The same for every publish of the same alert. */
  alertId: string;
  kind: string;
  severity: 'info' | 'warning' | 'error';
  sessionId: string;
  subject: string;
  body: string;
}

export interface Notifier {
  publish(notification: Notification): Promise<void>;
}

export interface Prices {
  /** USD per hour now; null when unknown. */
  spot(instanceType: string, zone: string): Promise<number | null>;
  onDemand(instanceType: string): Promise<number | null>;
}
