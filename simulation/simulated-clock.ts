/** Time of a world: it passes only from one event to the next, as fast as the events can be worked off. */
import type { Clock, Timer } from '../local/clock';

interface Entry {
  atMs: number;
  /** Entries of the same time run in the order in which they were made. */
  order: number;
  run: (() => void) | undefined;
}

const isBefore = (a: Entry, b: Entry) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

export class SimulatedClock implements Clock {
  #nowMs: number;
  #order = 0;
  /** A binary heap: each entry is before its two children, at 2i+1 and 2i+2. */
  readonly #heap: Entry[] = [];

  constructor(readonly startedAtMs: number) {
    this.#nowMs = startedAtMs;
  }

  now(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const entry: Entry = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run: callback };
    this.#push(entry);
    return {
      cancel: () => {
        entry.run = undefined;
      },
    };
  }

  /** Goes to the next event and runs it; false when there is none. What it sets off in microtasks is the caller's to await. */
  step(): boolean {
    for (let entry = this.#pop(); entry; entry = this.#pop()) {
      const { run } = entry;
      if (run === undefined) continue;
      this.#nowMs = entry.atMs;
      entry.run = undefined;
      run();
      return true;
    }
    return false;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || isBefore(parent, entry)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (isBefore(last, child)) break;
      heap[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = last;
    return first;
  }
}
