/** The passes of reconcile that came to their end, and how long there was none. */
import type { Happening } from '../observer';

export class Passes {
  /** Those that looked at sessions: others found that one was still going on. */
  readonly #begun = new Set<string>();
  #lastEndMs: number | undefined;
  #longestGapMs = 0;

  see(happening: Happening, nowMs: number): void {
    if (happening.kind === 'request' && happening.call.operation === 'ListExecutions') {
      this.#begun.add(happening.call.by);
    }
    if (happening.kind !== 'invocation' || happening.name !== 'reconcile' || happening.outcome !== 'ended') return;
    if (!this.#begun.delete(`reconcile#${happening.requestId.slice(0, 8)}`)) return;
    this.#longestGapMs = this.longestGapMs(nowMs);
    this.#lastEndMs = nowMs;
  }

  /** Until now. */
  longestGapMs(nowMs: number): number {
    return Math.max(this.#longestGapMs, nowMs - (this.#lastEndMs ?? nowMs));
  }
}
