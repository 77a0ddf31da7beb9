/** Times in which no function runs at all, or one service answers nobody. */
import type { Clock } from '../../local/clock';
import type { Happening } from '../observer';
import type { Random } from '../random';
import type { FaultProfile } from './profile';

const HOUR_MS = 60 * 60_000;
/** LEASE_MINUTES less LEASE_RENEWAL_MINUTES of core/node/lease.ts. */
const HARMLESS_MS = 25 * 60_000;
/** Outages begin within this of the world's beginning. */
const HOURS = 2;
const SERVICES = ['dynamodb', 'ec2', 's3', 'states', 'sns', 'ssm'] as const;

export interface OutagesOptions {
  clock: Clock;
  random: Random;
  faults: FaultProfile['outages'];
  tell: (happening: Happening) => void;
}

export class Outages {
  readonly #down = new Set<string>();
  readonly #lengths = new Map<string, number>();
  /** Since when something has been down without a pause; undefined while nothing is. */
  #downSinceMs: number | undefined;
  #longestStretchMs = 0;

  constructor(private readonly options: OutagesOptions) {}

  isDown(what: string): boolean {
    return this.#down.has(what);
  }

  /** Functions, or something that every pass of theirs needs, are down. */
  get isControlPlaneDown(): boolean {
    return this.#down.size > 0;
  }

  /** Of all outages of a service so far. */
  lengthOf(what: string): number {
    return this.#lengths.get(what) ?? 0;
  }

  /** The longest so far, of anything; of outages that follow upon each other, from the first to the end of the last. */
  get longestMs(): number {
    return Math.max(this.#longestStretchMs, this.#stretchMs(), ...this.#lengths.values());
  }

  /** What an outage may last without costing anybody a step: the lease less its renewal. */
  readonly harmlessMs = HARMLESS_MS;

  begin(): void {
    const { random, faults } = this.options;
    for (let hour = 0; hour < HOURS; hour++) {
      if (random.chance(faults.functions)) this.#plan(hour, 'lambda', random.between(5, 30));
      if (random.chance(faults.oneService)) this.#plan(hour, random.pick(SERVICES), random.between(1, 20));
    }
  }

  /** Runs `act` so that nobody hears of it by an event. */
  withoutEvents(act: () => void): void {
    this.#down.add('events');
    act();
    this.#down.delete('events');
  }

  #plan(hour: number, what: string, lastsMinutes: number): void {
    const { clock, random } = this.options;
    clock.schedule((hour + random.next()) * HOUR_MS, () => {
      if (this.#down.has(what)) return;
      this.#set(what, true);
      this.#lengths.set(what, this.lengthOf(what) + lastsMinutes * 60_000);
      clock.schedule(lastsMinutes * 60_000, () => this.#set(what, false));
    });
  }

  #stretchMs(): number {
    return this.#downSinceMs === undefined ? 0 : this.options.clock.now() - this.#downSinceMs;
  }

  #set(what: string, isDown: boolean): void {
    if (isDown) this.#down.add(what);
    else this.#down.delete(what);
    if (isDown) this.#downSinceMs ??= this.options.clock.now();
    else if (this.#down.size === 0) {
      this.#longestStretchMs = Math.max(this.#longestStretchMs, this.#stretchMs());
      this.#downSinceMs = undefined;
    }
    this.options.tell({ kind: 'outage', what, isOver: !isDown });
  }
}
