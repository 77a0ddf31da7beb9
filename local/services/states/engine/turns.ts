/**
 * Branches of an execution take turns: one runs until it waits for something outside (a task, a timer), then the
 * next in line runs. So the history does not depend on how promises happen to interleave.
 */
export class Turns {
  #taken = false;
  readonly #queue: Array<() => void> = [];

  /** Resolves when it is the caller's turn; the caller must `release` it. */
  take(): Promise<void> {
    if (!this.#taken) {
      this.#taken = true;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#queue.push(resolve));
  }

  release(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#taken = false;
  }
}
