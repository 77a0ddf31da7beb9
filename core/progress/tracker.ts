/** Progress over lines: which of them speak of the same thing, and how long it will take. */
import type { NotFinite, Progress } from '../node/node-status';
import { iso } from '../time';
import { isLoss, MOST_METRICS, type ProgressLine, parseProgressLine } from './parse-line';
import { StepRate } from './step-rate';
import { StepSource } from './step-source';

/** Another loss than the one that is none says nothing about it. */
const isOver = (notFinite: NotFinite | undefined, name: string) => notFinite === undefined || notFinite.metric === name;

/** Follows progress over lines. `monotonicMs` measures the rate, `nowMs` is the date that people see. */
export class ProgressTracker {
  #step: number | null = null;
  #total: number | null = null;
  #metrics: Record<string, number> = {};
  #steppedAt: string | null = null;
  readonly #rate = new StepRate();
  readonly #source = new StepSource();
  #notFinite: NotFinite | undefined;
  #finiteStep: number | null = null;

  /** Whether the line said anything. */
  read(line: string, nowMs: number, monotonicMs: number): boolean {
    const said = parseProgressLine(line);
    if (said === undefined || !this.#source.isHeard(said)) return false;
    const counted = this.#source.count(said);
    if (counted === undefined && this.#step === null) {
      // Metrics alone are taken once training has spoken of steps; a loss that is none is one without them, too.
      this.#takeLoss(said, nowMs);
      return said.notFinite !== undefined;
    }
    if (counted?.isAnew) this.#rate.forget();
    if (counted?.total !== undefined) this.#total = counted.total;
    this.#takeMetrics(said.metrics);
    if (counted?.step !== undefined && counted.step !== this.#step) {
      this.#step = counted.step;
      this.#steppedAt = iso(nowMs);
      this.#rate.took(counted.step, monotonicMs);
    }
    this.#takeLoss(said, nowMs);
    return true;
  }

  progress(monotonicMs: number): Progress {
    return {
      step: this.#step,
      total: this.#total !== null && this.#step !== null && this.#total < this.#step ? null : this.#total,
      metrics: { ...this.#metrics },
      etaSeconds: this.#total === null ? null : this.#rate.etaSeconds(this.#total, monotonicMs),
      steppedAt: this.#steppedAt,
      ...(this.#notFinite ? { notFinite: this.#notFinite } : {}),
    };
  }

  #takeLoss({ metrics, notFinite }: ProgressLine, nowMs: number): void {
    const [metric] = notFinite ?? [];
    if (metric !== undefined) {
      this.#notFinite ??= { metric, step: this.#step, finiteStep: this.#finiteStep, at: iso(nowMs) };
      // Its last number would look as if it were today's.
      this.#metrics = Object.fromEntries(Object.entries(this.#metrics).filter(([name]) => !notFinite?.includes(name)));
    } else if (Object.keys(metrics).some((name) => isLoss(name) && isOver(this.#notFinite, name))) {
      this.#notFinite = undefined;
      this.#finiteStep = this.#step;
    }
  }

  #takeMetrics(metrics: Record<string, number>): void {
    const merged = Object.entries({ ...this.#metrics, ...metrics });
    this.#metrics = Object.fromEntries(merged.slice(-MOST_METRICS));
  }
}
