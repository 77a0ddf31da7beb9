/**
 * Reads the lease every 15 s and turns it into orders. Age is what S3 said of itself (its Date less Last-Modified) at the
 * last read, plus what the monotonic clock counted since: a wrong wall clock changes nothing.
 */
import { LEASE_MINUTES, type Lease, leaseSchema, type Order } from '../core/node/lease';
import { SILENT_SECONDS } from '../core/node/node-status';
import { leaseKey } from '../core/s3-layout';
import type { Clock, Log, ObjectStore } from './ports';
import { messageOf } from './retry';
import type { StopKind, StopLatch } from './stop-latch';

export interface LeaseKeeperOptions {
  clock: Clock;
  log: Log;
  store: ObjectStore;
  latch: StopLatch;
  bucket: string;
  sessionId: string;
  attempt: number;
  pollMs: number;
  /** The job's own limit, on the monotonic clock: holds without a control plane too. */
  limitAtMs: number | null;
  /** Called while the lease is good: keeps the dead-man timer away. */
  onGood: () => void;
}

const MINUTE_MS = 60_000;
const SILENT_MS = SILENT_SECONDS * 1000;
/**
 * How much more often some look: the nodes of a gang, to learn of each other's end at about the same time, and those
 * that wait for an older attempt to end, because nobody trains meanwhile.
 */
const HASTE = 3;
/** Orders after which another attempt goes on. */
const INTERRUPTING: readonly (string | null)[] = ['PeerLost', 'TrainingRestarted', 'TrainingMigrated'];

/** Whether the attempt has several nodes. */
export const isGang = (order: Order | undefined): order is Order => (order?.nodes.length ?? 0) > 1;

const isUrgent = (order: Order | undefined) => order?.go === false || isGang(order);

export class LeaseKeeper {
  readonly #startedAtMs: number;
  /** Monotonic time at which S3 wrote the lease; before this attempt was named, the agent's own start. */
  #renewedAtMs: number;
  #leaseMs = LEASE_MINUTES * MINUTE_MS;
  #order: Order | undefined;
  #stopAtMs: { at: number; reason: string } | undefined;
  #waiters: (() => void)[] = [];
  /** Monotonic: the last answer of S3, and the last one that came after a silence. */
  #answeredAtMs: number;
  #backAtMs = Number.NEGATIVE_INFINITY;
  #isCutOff = false;
  /** S3's clock less the monotonic one. */
  #storeOffsetMs: number | undefined;

  constructor(private readonly options: LeaseKeeperOptions) {
    this.#startedAtMs = options.clock.monotonic();
    this.#renewedAtMs = this.#startedAtMs;
    this.#answeredAtMs = this.#startedAtMs;
  }

  /** The order of this attempt, once the lease named it. */
  get order(): Order | undefined {
    return this.#order;
  }

  /** The last look found no way to S3, or there was none until a moment ago: the network was away, or the machine hung. */
  get wasCutOff(): boolean {
    return this.#isCutOff || this.options.clock.monotonic() - this.#backAtMs < SILENT_MS;
  }

  /** Milliseconds since the Unix epoch by S3's clock, which is AWS's; by the machine's own until S3 was asked. */
  awsNow(): number {
    const { clock } = this.options;
    return this.#storeOffsetMs === undefined ? clock.now() : clock.monotonic() + this.#storeOffsetMs;
  }

  /** Resolves once the order says stop; never, when it does not. */
  async untilStop(): Promise<void> {
    while (this.#order?.desired !== 'stop') await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** Resolves with the order that says go. */
  async untilGo(): Promise<Order> {
    while (!this.#order?.go) await new Promise<void>((resolve) => this.#waiters.push(resolve));
    return this.#order;
  }

  /** Polls until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      const { clock, pollMs } = this.options;
      await clock.sleep(isUrgent(this.#order) ? pollMs / HASTE : pollMs, signal);
    }
  }

  /** One look at the lease and at the clock. */
  async look(): Promise<void> {
    const { clock, log, store, bucket, sessionId } = this.options;
    this.#isCutOff = true;
    try {
      const stored = await store.getText({ bucket, key: leaseKey(sessionId) });
      this.#answered();
      if (stored) this.#storeOffsetMs = stored.storeNowMs - clock.monotonic();
      if (stored) this.#take(leaseSchema.parse(JSON.parse(stored.text)), stored.ageMs, stored.storeNowMs);
    } catch (error) {
      log(`lease: ${messageOf(error)}`);
    }
    const now = clock.monotonic();
    if (now - this.#renewedAtMs > this.#leaseMs) this.#stop('interrupted', 'LeaseExpired');
    else this.options.onGood();
    if (this.#stopAtMs && now >= this.#stopAtMs.at) this.#stop('stopped', this.#stopAtMs.reason);
    const { limitAtMs } = this.options;
    if (limitAtMs !== null && now >= limitAtMs) this.#stop('stopped', 'TimeLimitReached');
    for (const wake of this.#waiters.splice(0)) wake();
  }

  #answered(): void {
    const now = this.options.clock.monotonic();
    if (now - this.#answeredAtMs > SILENT_MS) this.#backAtMs = now;
    this.#answeredAtMs = now;
    this.#isCutOff = false;
  }

  #take(lease: Lease, ageMs: number, storeNowMs: number): void {
    const { clock, attempt } = this.options;
    const order = lease.orders[String(attempt)];
    const now = clock.monotonic();
    if (order === undefined) {
      this.#takeUnnamed(lease);
      return;
    }
    this.#leaseMs = lease.leaseMinutes * MINUTE_MS;
    this.#renewedAtMs = now - ageMs;
    this.#order = order;
    this.#stopAtMs =
      order.stopAt === null
        ? undefined
        : { at: now + Date.parse(order.stopAt) - storeNowMs, reason: order.stopAtReason ?? 'TimeLimitReached' };
    if (order.desired === 'stop') {
      const kind = INTERRUPTING.includes(order.reason) ? 'interrupted' : 'stopped';
      this.#stop(kind, order.reason ?? 'StoppedByUser', order.immediate);
    }
  }

  /** Named before, or a later attempt is named: superseded. Else the lease is of an earlier attempt, and ours is coming. */
  #takeUnnamed(lease: Lease): void {
    const hasLater = Object.keys(lease.orders).some((number) => Number(number) > this.options.attempt);
    if (this.#order !== undefined || hasLater) this.#stop('interrupted', 'Superseded');
  }

  #stop(kind: StopKind, reason: string, immediate = false): void {
    this.options.latch.request({ kind, reason, deadlineMs: null, immediate });
  }
}
