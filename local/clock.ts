/**
 * Time, as everything in the local cloud sees it. Services never call Date.now or setTimeout:
 * they are handed a Clock, so that a test may run an hour in a second and a simulation may own time altogether.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch, on this clock. */
  now(): number;
  /** Runs `callback` once, `delayMs` of this clock's milliseconds from now. */
  schedule(delayMs: number, callback: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** setTimeout's own limit (2^31-1 ms, 24.8 days); longer waits are re-armed. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Real time, optionally faster: with `speed` 30 an hour passes in two minutes.
 * Starts at the real time of its construction.
 */
export class ScaledClock implements Clock {
  readonly #startedAtMs: number;
  readonly #startedAtTick = performance.now();

  constructor(
    readonly speed = 1,
    startedAtMs = Date.now(),
  ) {
    this.#startedAtMs = startedAtMs;
  }

  now(): number {
    return this.#startedAtMs + (performance.now() - this.#startedAtTick) * this.speed;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const dueAtMs = this.now() + delayMs;
    let handle: NodeJS.Timeout;
    const arm = () => {
      const realMs = Math.max(0, (dueAtMs - this.now()) / this.speed);
      handle = realMs > LONGEST_TIMEOUT_MS ? setTimeout(arm, LONGEST_TIMEOUT_MS) : setTimeout(callback, realMs);
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  }
}

/** Resolves after `delayMs` on `clock`. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(delayMs, resolve));
}
