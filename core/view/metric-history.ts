/**
 * Metrics over steps, from what training printed. The control plane keeps the newest numbers alone; the log has all of
 * them. Pure: whoever can read a log hands in its lines.
 */
import { parseProgressLine } from '../progress';

/** One metric of one attempt; steps ascend. */
export interface MetricSeries {
  steps: number[];
  values: number[];
}

export interface AttemptMetrics {
  attempt: number;
  /** By the metric's name, in the order in which they appeared. */
  metrics: Record<string, MetricSeries>;
}

/** More than a screen has pixels; beyond it every other step is forgotten. */
const MOST_KEPT = 40_000;
const MOST_METRICS = 32;

/** Reads the lines of one attempt, in any number of portions. The same step told twice counts once, as told last. */
export class MetricReader {
  readonly #series = new Map<string, Map<number, number>>();
  #step: number | null = null;

  read(line: string): void {
    const said = parseProgressLine(line);
    if (said === undefined) return;
    if (said.step !== undefined) this.#step = said.step;
    // Numbers before training has spoken of steps belong to no step.
    if (this.#step !== null) this.take(this.#step, said.metrics);
  }

  take(step: number, metrics: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(metrics)) this.#seriesOf(name)?.set(step, value);
  }

  /** Each metric with at most about `most` points: of neighbours the least and the greatest stay. */
  metrics(most: number): AttemptMetrics['metrics'] {
    const entries = [...this.#series].map(([name, points]) => [name, thinned(points, most)] as const);
    return Object.fromEntries(entries);
  }

  #seriesOf(name: string): Map<number, number> | undefined {
    const found = this.#series.get(name);
    if (found === undefined && this.#series.size >= MOST_METRICS) return undefined;
    const points = found !== undefined && found.size < MOST_KEPT ? found : halved(found);
    if (points !== found) this.#series.set(name, points);
    return points;
  }
}

function halved(points: ReadonlyMap<number, number> = new Map()): Map<number, number> {
  return new Map([...points].filter((_, index) => index % 2 === 0));
}

function thinned(points: ReadonlyMap<number, number>, most: number): MetricSeries {
  const sorted = [...points].sort(([a], [b]) => a - b);
  const kept = sorted.length <= most ? sorted : extremes(sorted, Math.max(1, Math.floor(most / 2)));
  return { steps: kept.map(([step]) => step), values: kept.map(([, value]) => value) };
}

type Point = [step: number, value: number];

/** First and last stay, so that the range is true. */
function extremes(points: readonly Point[], buckets: number): Point[] {
  const kept = new Set<Point>([points[0], points.at(-1)].filter((point): point is Point => point !== undefined));
  const size = points.length / buckets;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const own = points.slice(Math.floor(bucket * size), Math.floor((bucket + 1) * size));
    const least = own.reduce<Point | undefined>((best, each) => (best && best[1] <= each[1] ? best : each), undefined);
    const most = own.reduce<Point | undefined>((best, each) => (best && best[1] >= each[1] ? best : each), undefined);
    if (least) kept.add(least);
    if (most) kept.add(most);
  }
  return points.filter((point) => kept.has(point));
}
