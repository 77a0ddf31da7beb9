import type { Clock, Timer } from '../../../clock';
import type { Payload } from '../json';

/** What can happen to a running task. */
export type TaskSignal =
  | { kind: 'returned'; output: Payload }
  | { kind: 'threw'; error: unknown }
  | { kind: 'answered'; output: Payload }
  | { kind: 'failed'; error: string | undefined; cause: string | undefined }
  | { kind: 'timedOut'; missedHeartbeat: boolean };

/** Collects a task's signals in order, and keeps its two clocks: the whole time-out and the heartbeat. */
export class TaskInbox {
  readonly #clock: Clock;
  readonly #heartbeatSeconds: number | undefined;
  readonly #signals: TaskSignal[] = [];
  readonly #deadline: Timer | undefined;
  #heart: Timer | undefined;
  #listener: ((signal: TaskSignal) => void) | undefined;

  constructor(clock: Clock, limits: { timeoutSeconds: number | undefined; heartbeatSeconds: number | undefined }) {
    this.#clock = clock;
    this.#heartbeatSeconds = limits.heartbeatSeconds;
    if (limits.timeoutSeconds !== undefined) {
      this.#deadline = clock.schedule(limits.timeoutSeconds * 1000, () =>
        this.put({ kind: 'timedOut', missedHeartbeat: false }),
      );
    }
    this.heartbeat();
  }

  /** Starts the heartbeat's clock anew. */
  heartbeat(): void {
    if (this.#heartbeatSeconds === undefined) return;
    this.#heart?.cancel();
    this.#heart = this.#clock.schedule(this.#heartbeatSeconds * 1000, () =>
      this.put({ kind: 'timedOut', missedHeartbeat: true }),
    );
  }

  put(signal: TaskSignal): void {
    if (this.#listener) this.#listener(signal);
    else this.#signals.push(signal);
  }

  /** Hands the next signal to `listener`, once; returns how to stop listening. */
  next(listener: (signal: TaskSignal) => void): () => void {
    const waiting = this.#signals.shift();
    if (waiting) {
      listener(waiting);
      return () => {};
    }
    this.#listener = (signal) => {
      this.#listener = undefined;
      listener(signal);
    };
    return () => {
      this.#listener = undefined;
    };
  }

  close(): void {
    this.#deadline?.cancel();
    this.#heart?.cancel();
  }
}
