/** From attempts' metrics to what a chart draws. Pure. */
import type { AttemptMetrics } from '../../core/view/metric-history';

/** Steps, from and to. */
export type Range = readonly [number, number];

export interface Events {
  /** Steps, ascending. */
  checkpoints: readonly number[];
  resumes: readonly number[];
}

/** As uPlot has it: steps, then a column for each attempt, with gaps where it has no value. */
export interface Stitched {
  attempts: number[];
  steps: number[];
  columns: (number | null | undefined)[][];
}

/** All attempts over one axis. Steps that were done again have a value of each attempt that did them. */
export function stitch(attempts: readonly AttemptMetrics[], name: string): Stitched {
  const own = attempts.filter(({ metrics }) => metrics[name] !== undefined);
  const steps = [...new Set(own.flatMap(({ metrics }) => metrics[name]?.steps ?? []))].sort((a, b) => a - b);
  const place = new Map(steps.map((step, index) => [step, index]));
  const columns = own.map(({ metrics }) => {
    // undefined is no gap: a line goes on to the next point of its attempt.
    const column = new Array<number | null | undefined>(steps.length);
    const series = metrics[name];
    series?.steps.forEach((step, index) => {
      column[place.get(step) ?? 0] = series.values[index];
    });
    return column;
  });
  return { attempts: own.map(({ attempt }) => attempt), steps, columns };
}

/** From the first step told to the last one to come. */
export function extent(attempts: readonly AttemptMetrics[], total: number | null): Range {
  const ends = attempts.flatMap(({ metrics }) =>
    Object.values(metrics).flatMap(({ steps }) => [steps[0] ?? 0, steps.at(-1) ?? 0]),
  );
  if (ends.length === 0) return [0, total ?? 1];
  const last = Math.max(...ends);
  // While little is done, the axis is not all for what is to come.
  const end = total !== null && total <= last * 2.5 ? total : last;
  const first = Math.min(...ends);
  return [first, Math.max(first + 1, end)];
}

/** Of a logarithmic axis: from a round number, with which its ticks begin, to a little more than the most. */
export function logRange(least: number | null, most: number | null): [number, number] {
  if (least === null || most === null) return [1, 10];
  const low = least * 0.97;
  const unit = 10 ** Math.floor(Math.log10(low));
  return [Math.floor(low / unit) * unit, most * 1.05];
}

/** What a key does to a zoom; null: everything is shown; undefined: nothing is done. */
export function zoomed(key: string, zoom: Range | null, all: Range): Range | null | undefined {
  const [from, to] = zoom ?? all;
  const width = to - from;
  switch (key) {
    case '+':
    case '=':
      return within([from + width / 4, to - width / 4], all);
    case '-':
      return zoom === null ? null : within([from - width / 2, to + width / 2], all);
    case 'ArrowLeft':
      return zoom === null ? undefined : shifted(zoom, Math.max(all[0] - from, -width / 4));
    case 'ArrowRight':
      return zoom === null ? undefined : shifted(zoom, Math.min(all[1] - to, width / 4));
    case '0':
      return null;
    default:
      return undefined;
  }
}

const LEAST_STEPS = 2;

function within([from, to]: Range, all: Range): Range | null {
  if (to - from < LEAST_STEPS) {
    const middle = (from + to) / 2;
    return [middle - LEAST_STEPS / 2, middle + LEAST_STEPS / 2];
  }
  if (from <= all[0] && to >= all[1]) return null;
  return [Math.max(from, all[0]), Math.min(to, all[1])];
}

const shifted = ([from, to]: Range, by: number): Range => [from + by, to + by];
