/** What the domain asks of the outside world. One adapter each in aws/. All times are ISO 8601 strings. */
import type { LedgerEntry } from './costs/ledger';
import type { PriceHistory } from './costs/prices';
import type { Notification } from './notifications/notification';
import type { Architecture } from './plan/plan';
import type { S3Location } from './s3-layout';
import type { InstanceState, LaunchRequest, Market, PoolError, Session } from './session/session';
import type { ZombieMark } from './zombies/judge';
import type { BilledResource, ResourceKind } from './zombies/resource';

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
  /** Writes the index entry anew: it is derived, and may be missing after a crash. */
  indexInstance(instanceId: string, sessionId: string): Promise<void>;
  /** Every session that is not released, a page at a time. */
  openSessions(): AsyncIterable<Session>;
  /** Every session whose costs are not settled, in the order of their ids, from the one after `after`. */
  unsettledSessions(after: string | null): AsyncIterable<Session>;
}

export interface LaunchedInstance {
  instanceId: string;
  instanceType: string;
  zone: string;
  privateAddress: string | null;
  /** null: not seen yet. */
  hasPublicAddress: boolean | null;
  launchedAt: string;
}

export interface InstanceLook extends LaunchedInstance {
  sessionId: string | null;
  attempt: number | null;
  state: InstanceState;
  stateReason: string | null;
  /** When it was told to end, as EC2 says; null when EC2 does not. */
  endedAt: string | null;
  market: Market;
}

export interface Fleet {
  /**
   * One CreateFleet `instant` call. Nothing launched is not an error: see `errors`, which also holds EC2's refusal of
   * the whole call (quota, configuration). Throws AwsUnavailable when the outcome is unknown: call again with the same
   * request.
   */
  launch(request: LaunchRequest): Promise<{ instances: LaunchedInstance[]; errors: PoolError[] }>;
  /** Idempotent; ids that EC2 no longer knows are skipped. */
  terminate(instanceIds: readonly string[]): Promise<void>;
  /** All instances tagged as runctl's, in any state that EC2 still shows; of one session when it is given. */
  look(sessionId?: string): Promise<InstanceLook[]>;
  /** One instance, whoever launched it. */
  find(instanceId: string): Promise<InstanceLook | undefined>;
  /** Of these, the ones whose EC2 status checks are failing. */
  impaired(instanceIds: readonly string[]): Promise<Set<string>>;
}

export interface StartCommand {
  sessionId: string;
  attempt: number;
  instanceIds: readonly string[];
  architecture: Architecture;
}

export interface Presence {
  /** Of these, the ones whose SSM agent is online. */
  online(instanceIds: readonly string[]): Promise<Set<string>>;
}

export interface RunCommand extends Presence {
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
  /** `contentType`: application/json by default. */
  put(key: string, text: string, contentType?: string): Promise<void>;
  /** Whether the object, or anything below a prefix ending in `/` (or the bucket, without a key), is there. */
  probe(uri: string): Promise<Probe>;
  /**
   * How large the object, or everything below a prefix ending in `/`, is; of more than `mostObjects`, the first. Never throws:
   * null where that cannot be told.
   */
  measure(uri: string, mostObjects: number): Promise<StoredSize | null>;
  /** Every object below the prefix. */
  list(prefix: S3Location): AsyncIterable<{ key: string; sizeBytes: number }>;
  /** Deletes objects of the stack's bucket, at most 1000 keys; those that are gone are no error. */
  remove(keys: readonly string[]): Promise<void>;
}

export interface StoredSize {
  /** What the objects take up as files on a disk. */
  diskBytes: number;
  objects: number;
  /** Else there are more. */
  isAll: boolean;
}

/** `denied`: the control plane may not look, so nothing can be said. */
export type Probe = 'found' | 'missing' | 'no bucket' | 'denied' | 'other region';

/** Step Functions tasks that wait for a token. `expired`: nobody waits on that token any more. */
export interface TaskCallback {
  succeed(token: string, output: object): Promise<'done' | 'expired'>;
  fail(token: string, error: string, cause: string): Promise<'done' | 'expired'>;
  heartbeat(token: string): Promise<'done' | 'expired'>;
}

export interface Replacements {
  /** Begins to launch the attempt and to make it ready; safe to repeat. */
  prepare(which: { sessionId: string; attempt: number }): Promise<void>;
}

export interface Executions {
  /** Status of one execution, e.g. RUNNING, ABORTED; undefined when Step Functions does not know it. */
  status(executionArn: string): Promise<string | undefined>;
  /** ARNs of all running executions of the stack's state machine. */
  running(): Promise<Set<string>>;
}

/** What a notification is about: a message attribute, for filter policies of subscriptions. */
export interface Notifier {
  publish(notification: Notification): Promise<void>;
}

/** USD per hour now; null when unknown. Never throws: a price that cannot be asked for is unknown. */
export interface Prices {
  spot(instanceType: string, zone: string): Promise<number | null>;
  /** The lowest over the region's zones. */
  lowestSpot(instanceType: string): Promise<number | null>;
  onDemand(instanceType: string): Promise<number | null>;
  /** Spot prices of a pool: the one in force at `since` (ISO 8601) and every change after; null when unknown. */
  spotHistory(instanceType: string, zone: string, since: string): Promise<PriceHistory | null>;
  /** USD of a GiB of gp3 volume for a month. */
  volumeUsdPerGibMonth(): Promise<number | null>;
}

export interface InstanceTypeInfo {
  instanceType: string;
  architectures: Architecture[];
  vcpus: number;
  memoryMiB: number;
  gpus: number;
  isSpotOffered: boolean;
}

export interface MachineImage {
  amiId: string;
  architecture: Architecture;
  rootDeviceName: string;
  /** Of the snapshot: a root volume cannot be smaller. */
  rootSizeGiB: number;
  isAvailable: boolean;
}

/** What EC2 offers in this region. */
export interface Catalog {
  /** Of these, the ones that exist. */
  instanceTypes(names: readonly string[]): Promise<InstanceTypeInfo[]>;
  /** The names of all types. */
  allInstanceTypeNames(): Promise<string[]>;
  image(amiId: string): Promise<MachineImage | undefined>;
  /** Whether there is a placement group of that name that takes instances. */
  hasPlacementGroup(name: string): Promise<boolean>;
  /** The image that a public SSM parameter names. */
  imageByParameter(parameterName: string): Promise<MachineImage | undefined>;
}

export interface Quotas {
  /** The account's value of an EC2 quota; null when unknown. Never throws. */
  value(quotaCode: string): Promise<number | null>;
}

/** Keeps overlapping runs of the same work apart. */
export interface Lock {
  /** False when somebody holds it. It frees itself after `leaseSeconds`, should its holder die. */
  acquire(name: string, holder: string, leaseSeconds: number): Promise<boolean>;
  release(name: string, holder: string): Promise<void>;
}

export interface Secrets {
  /** Throws ConfigInvalid when there is none of that name; the value is in no error. */
  value(name: string): Promise<string>;
}

/** What sessions cost, by month. */
export interface CostLedger {
  /** Writes the entry of its month and session over the one before. */
  put(entry: LedgerEntry): Promise<void>;
  /** Every entry of a month (e.g. 2026-11), a page at a time. */
  ofMonth(month: string): AsyncIterable<LedgerEntry>;
}

/**
 * Which alerts that belong to no one session were published: intent, then publish, then outcome. Alerts of a session
 * stand in its record.
 */
export interface AlertMarks {
  /**
   * Records the intent to publish. False when it was published, or when somebody else set out to do so less than a minute
   * ago; after that its outcome is unknown and it is published again, under the same alert id.
   */
  claim(alertId: string): Promise<boolean>;
  /** Records that it was published. */
  done(alertId: string): Promise<void>;
}

/** Some items, and the token of those that come after. */
export interface Page<T> {
  items: T[];
  next: string | undefined;
}

/** Everything on the bill that carries runctl's tag, whoever made it. */
export interface Inventory {
  /** Those that stand (instances not ending, volumes attached to nothing). A token that is too old begins anew. */
  page(kind: ResourceKind, token: string | undefined): Promise<Page<BilledResource>>;
  /** These, whatever their tags and states are now; those that EC2 no longer knows are left out. */
  find(resourceIds: readonly string[]): Promise<BilledResource[]>;
  /** Idempotent: what is gone is skipped. All that can be ended are; then the first refusal is thrown. */
  end(resources: readonly BilledResource[]): Promise<void>;
}

/** Which sessions there are, without reading each record. */
export interface SessionRegister {
  /** Of all sessions that are not settled. May lag behind by some seconds. */
  openIds(): AsyncIterable<string>;
  /** Of these, the ones that have a record now. */
  known(sessionIds: readonly string[]): Promise<Set<string>>;
  /** Of those whose checkpoints are to be looked after by then (ISO 8601), the longest due first. */
  dueForRetention(until: string): AsyncIterable<string>;
}

/** What the reaper found, kept from pass to pass. */
export interface ZombieMarks {
  page(token: string | undefined): Promise<Page<ZombieMark>>;
  /** Of these resources, the ones that are marked. */
  marked(resourceIds: readonly string[]): Promise<Set<string>>;
  put(mark: ZombieMark): Promise<void>;
  remove(resourceId: string): Promise<void>;
}

/** Where a pass that ran out of time left off. */
export interface Cursors {
  get(pass: string): Promise<string | null>;
  /** null: the pass went through to its end. */
  set(pass: string, position: string | null): Promise<void>;
}
