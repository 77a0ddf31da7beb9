import type { Clock, Timer } from '../../local/clock';

interface Alarm {
  readonly dueAtMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until told otherwise: `await clock.advance(ms)` runs everything due on the way, in order,
 * each at its own time. Work that a callback starts (promises, worker-free I/O) is let through before time goes on.
 */
export class ManualClock implements Clock {
  #nowMs: number;
  #order = 0;
  readonly #alarms = new Set<Alarm>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const alarm: Alarm = { dueAtMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }

  /** How many timers wait: 0 once everything under test has cleaned up after itself. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Lets work that is already due finish, without time passing. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Moves time on by `ms`, stopping at each timer on the way. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await this.settle();
    for (let next = this.#nextBefore(untilMs); next; next = this.#nextBefore(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.dueAtMs);
      this.#alarms.delete(next);
      next.callback();
      await this.settle();
    }
    this.#nowMs = untilMs;
  }

  #nextBefore(untilMs: number): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.dueAtMs > untilMs) continue;
      if (!first || alarm.dueAtMs < first.dueAtMs || (alarm.dueAtMs === first.dueAtMs && alarm.order < first.order)) {
        first = alarm;
      }
    }
    return first;
  }
}
