/** How long the steps that are left will take, by the recent ones. Unknown rather than nonsense. */

/** Steps older than this say nothing about the present rate, unless there are no newer ones. */
const WINDOW_MS = 5 * 60_000;
const MOST_POINTS = 256;
/** A rate from less than this is a guess. */
const LEAST_MS = 1_000;
/** The first step of a process compiles, and a resumed bar jumps to where it was: so far from the others it is neither. */
const OUT_OF_LINE = 5;
/** As many steps' time, and the window, without another one: nobody knows. */
const STANDSTILL_STEPS = 20;

interface Point {
  atMs: number;
  step: number;
}

export class StepRate {
  #points: Point[] = [];
  #isFirstThere = true;

  /** Counting begins anew: the old rate says nothing. */
  forget(): void {
    this.#points = [];
    this.#isFirstThere = true;
  }

  took(step: number, atMs: number): void {
    this.#points.push({ atMs, step });
    const oldestMs = atMs - WINDOW_MS;
    while (this.#points.length > MOST_POINTS || (this.#points.length > 2 && (this.#points[0]?.atMs ?? 0) < oldestMs)) {
      this.#points.shift();
      this.#isFirstThere = false;
    }
  }

  /** The time since the last step counts, so that a standstill shows. */
  etaSeconds(total: number, nowMs: number): number | null {
    const last = this.#points.at(-1);
    if (last === undefined || last.step > total) return null;
    const stepMs = this.#stepMs();
    if (stepMs === null) return null;
    const sinceMs = Math.max(0, nowMs - last.atMs);
    if (sinceMs > STANDSTILL_STEPS * stepMs + WINDOW_MS) return null;
    return Math.max(0, Math.round(((total - last.step) * stepMs - Math.min(sinceMs, stepMs)) / 1000));
  }

  #stepMs(): number | null {
    const points = this.#isFirstThere ? withoutStrangeStart(this.#points) : this.#points;
    const [first, last] = [points[0], points.at(-1)];
    if (!first || !last || points.length < 2) return null;
    const steps = last.step - first.step;
    const tookMs = last.atMs - first.atMs;
    return steps <= 0 || tookMs < LEAST_MS ? null : tookMs / steps;
  }
}

/** Pauses for an evaluation or a save are part of how long it takes, and stay. */
function withoutStrangeStart(points: readonly Point[]): readonly Point[] {
  const paces = points.slice(1).map(({ atMs, step }, index) => {
    const before = points[index] as Point;
    return (atMs - before.atMs) / (step - before.step);
  });
  const [first, ...others] = paces;
  if (first === undefined || others.length === 0) return [];
  const usual = others.sort((a, b) => a - b)[Math.floor(others.length / 2)] ?? first;
  const isStrange = first > usual * OUT_OF_LINE || first * OUT_OF_LINE < usual;
  return isStrange ? points.slice(1) : points;
}
