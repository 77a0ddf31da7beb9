/** What a run of many worlds adds up to: sums, and the names of the worlds that broke a promise, however many there are. */
import type { WorldJob, WorldSummary } from './shards';

/** A run of minutes says how far it is. */
const PROGRESS_EVERY_MS = 60_000;
const HOUR_MS = 3_600_000;

export class Tally {
  readonly broken: WorldJob[] = [];
  readonly #counts = new Map<string, number>();
  readonly #beganAtMs: number;
  #toldAtMs: number;
  #worlds = 0;
  #events = 0;
  #simulatedMs = 0;

  constructor(
    private readonly worldsInAll: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#beganAtMs = now();
    this.#toldAtMs = this.#beganAtMs;
  }

  /** Lines of progress, when it is time for one. */
  add({ seed, sessions, violations, events, simulatedMs, counts }: WorldSummary): string[] {
    if (violations.length > 0) this.broken.push({ seed, sessions });
    for (const [what, count] of Object.entries(counts)) this.#counts.set(what, (this.#counts.get(what) ?? 0) + count);
    this.#worlds += 1;
    this.#events += events;
    this.#simulatedMs += simulatedMs;
    if (this.now() - this.#toldAtMs < PROGRESS_EVERY_MS) return [];
    this.#toldAtMs = this.now();
    return [`${this.#worlds} of ${this.worldsInAll} worlds, ${this.broken.length} broken, ${this.#seconds()} s`];
  }

  lines(): string[] {
    const counts = [...this.#counts].sort().map(([what, count]) => `  ${what.padEnd(48)} ${count}`);
    const hours = Math.round(this.#simulatedMs / HOUR_MS);
    const sums = `${this.#worlds} worlds, ${this.#events} events, ${hours} simulated hours, ${this.#seconds()} s`;
    return [...counts, sums];
  }

  #seconds(): string {
    return ((this.now() - this.#beganAtMs) / 1000).toFixed(1);
  }
}
