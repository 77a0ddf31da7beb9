/**
 * The one place where reasons to stop meet. The first reason decides what the end is called; every later one can only
 * bring the deadline nearer.
 */
import type { Clock, Log } from './ports';

/** `interrupted`: a later attempt goes on. `stopped`: somebody, or a limit, wants it to end. */
export type StopKind = 'interrupted' | 'stopped';

export interface StopCause {
  kind: StopKind;
  reason: string;
  /** By then everything must be over, on the monotonic clock; null when nothing presses. */
  deadlineMs: number | null;
  /** No grace: SIGKILL at once. */
  immediate: boolean;
}

export class StopLatch {
  readonly #controller = new AbortController();
  readonly #changed: (() => void)[] = [];
  #first: (StopCause & { at: string; sinceMs: number }) | undefined;
  #deadlineMs: number | null = null;
  #immediate = false;

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Aborts with the first reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get first(): (StopCause & { at: string; sinceMs: number }) | undefined {
    return this.#first;
  }

  get deadlineMs(): number | null {
    return this.#deadlineMs;
  }

  /** Until the deadline; null when nothing presses. */
  get secondsLeft(): number | null {
    return this.#deadlineMs === null ? null : (this.#deadlineMs - this.clock.monotonic()) / 1000;
  }

  get immediate(): boolean {
    return this.#immediate;
  }

  /** Called at every reason, the first and later ones. */
  onChange(listener: () => void): void {
    this.#changed.push(listener);
  }

  request(cause: StopCause): void {
    const isFirst = this.#first === undefined;
    const isNearer = cause.deadlineMs !== null && (this.#deadlineMs === null || cause.deadlineMs < this.#deadlineMs);
    if (isNearer) this.#deadlineMs = cause.deadlineMs;
    if (!isFirst && !isNearer && this.#immediate === (this.#immediate || cause.immediate)) return;
    this.#immediate ||= cause.immediate;
    this.log(`stop: ${cause.reason}${cause.immediate ? ', at once' : ''}`);
    this.#first ??= { ...cause, at: new Date(this.clock.now()).toISOString(), sinceMs: this.clock.monotonic() };
    if (isFirst) this.#controller.abort();
    for (const listener of this.#changed) listener();
  }
}

/** Thrown by a stage that a stop cut short. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** Rejects with Stopped as soon as the latch closes; else settles as `work` does. */
export async function unlessStopped<T>(latch: StopLatch, work: Promise<T>): Promise<T> {
  const { signal } = latch;
  let cut = () => {};
  const stopped = new Promise<never>((_resolve, reject) => {
    cut = () => reject(new Stopped('stopped'));
    if (signal.aborted) cut();
    else signal.addEventListener('abort', cut, { once: true });
  });
  stopped.catch(() => undefined);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener('abort', cut);
  }
}
