/** A clock whose timers all end with its owner, so that a closed service does nothing more and keeps no process alive. */
import type { Clock, Timer } from '../../clock';

export class OwnedClock implements Clock {
  readonly #timers = new Set<Timer>();
  #isClosed = false;

  constructor(readonly clock: Clock) {}

  now(): number {
    return this.clock.now();
  }

  schedule(delayMs: number, callback: () => void): Timer {
    if (this.#isClosed) return { cancel: () => {} };
    const inner = this.clock.schedule(delayMs, () => {
      this.#timers.delete(timer);
      callback();
    });
    const timer = {
      cancel: () => {
        this.#timers.delete(timer);
        inner.cancel();
      },
    };
    this.#timers.add(timer);
    return timer;
  }

  /** Cancels every timer, and all that are asked for later. */
  close(): void {
    this.#isClosed = true;
    for (const timer of [...this.#timers]) timer.cancel();
  }
}
