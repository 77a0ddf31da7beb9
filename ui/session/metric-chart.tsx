/** One metric over steps, drawn by uPlot. */
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { count, metric } from '../format';
import { useWidth } from '../parts/use-width';
import { colorOf, onThemeChange } from '../theme';
import { type Events, logRange, type Range, type Stitched } from './metric-data';

interface Props {
  name: string;
  data: Stitched;
  events: Events;
  range: Range;
  isLog: boolean;
  onZoom: (range: Range | null) => void;
  /** Whether the key did something. */
  onKey: (key: string) => boolean;
}

const HEIGHT = 190;
const SYNC = 'metrics';

export function MetricChart({ name, data, events, range, isLog, onZoom, onKey }: Props) {
  const [place, width] = useWidth<HTMLDivElement>();
  const readout = useRef<HTMLSpanElement>(null);
  const chart = useRef<uPlot | null>(null);
  const [colors, setColors] = useState(0);
  const latest = useRef({ data, events, range, onZoom });
  latest.current = { data, events, range, onZoom };
  const shape = data.attempts.join();
  useEffect(() => onThemeChange(() => setColors((number) => number + 1)), []);
  // A chart is made anew when what it is made of changes; new points alone are put into it.
  useEffect(() => {
    if (!place.current || width === 0) return;
    const plot = new uPlot(
      optionsOf(latest, readout, { width, isLog }),
      asData(latest.current.data, isLog),
      place.current,
    );
    chart.current = plot;
    return () => plot.destroy();
  }, [width > 0, isLog, shape, colors]);
  useEffect(() => {
    if (width > 0) chart.current?.setSize({ width, height: HEIGHT });
  }, [width]);
  useEffect(() => {
    chart.current?.batch(() => {
      chart.current?.setData(asData(data, isLog), false);
      chart.current?.setScale('x', { min: range[0], max: range[1] });
    });
    if (chart.current) tell(chart.current, data, readout.current);
  }, [data, events, range[0], range[1], isLog]);
  const says = `${name} over steps ${count(data.steps[0] ?? 0)} to ${count(data.steps.at(-1) ?? 0)}; last ${newest(data.columns)}`;
  return (
    <figure class="chart">
      <figcaption>
        <strong>{name}</strong>
        <span ref={readout} class="soft num" />
      </figcaption>
      <div
        ref={place}
        role="img"
        aria-label={says}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is zoomed and moved by keys
        tabIndex={0}
        onKeyDown={(event) => onKey(event.key) && event.preventDefault()}
      />
    </figure>
  );
}

/** A logarithm knows nothing of zero and below. */
function asData({ steps, columns }: Stitched, isLog: boolean): uPlot.AlignedData {
  const shown = isLog
    ? columns.map((column) => column.map((value) => (value != null && value <= 0 ? null : value)))
    : columns;
  return [steps, ...shown] as uPlot.AlignedData;
}

type Latest = { current: Pick<Props, 'data' | 'events' | 'range' | 'onZoom'> };

function optionsOf(
  latest: Latest,
  readout: { current: HTMLSpanElement | null },
  { width, isLog }: { width: number; isLog: boolean },
): uPlot.Options {
  const axis = { stroke: colorOf('--soft'), grid: { stroke: colorOf('--line'), width: 1 }, ticks: { show: false } };
  const font = '12px system-ui, sans-serif';
  return {
    width,
    height: HEIGHT,
    padding: [10, 26, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: SYNC }, drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
    scales: {
      x: { time: false, range: () => [...latest.current.range] },
      y: isLog ? { distr: 3, range: (_plot, least, most) => logRange(least, most) } : { range: padded },
    },
    axes: [
      {
        ...axis,
        font,
        size: 30,
        values: (_plot, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? count(tick) : '')),
      },
      { ...axis, font, size: 58, values: (_plot, ticks) => ticks.map((tick) => (tick == null ? '' : brief(tick))) },
    ],
    series: [
      {},
      ...latest.current.data.attempts.map((attempt) => ({
        label: `attempt ${attempt}`,
        stroke: colorOf(`--c${(attempt - 1) % 6}`),
        width: 1.6,
        points: { show: latest.current.data.steps.length < 40, size: 4 },
      })),
    ],
    hooks: {
      draw: [(plot) => drawEvents(plot, latest.current.events)],
      setCursor: [(plot) => tell(plot, latest.current.data, readout.current)],
      setSelect: [(plot) => select(plot, latest.current.onZoom)],
      ready: [(plot) => plot.over.addEventListener('dblclick', () => latest.current.onZoom(null))],
    },
  };
}

const brief = (value: number) =>
  Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3)
    ? value.toExponential(0)
    : String(Number(value.toPrecision(4)));

/** A flat line stands in the middle. */
function padded(_plot: uPlot, least: number | null, most: number | null): [number, number] {
  if (least === null || most === null) return [0, 1];
  const pad = least === most ? Math.abs(most) * 0.1 || 1 : (most - least) * 0.08;
  return [least >= 0 && least - pad < 0 ? 0 : least - pad, most + pad];
}

const LEAST_DRAG_PX = 6;

function select(plot: uPlot, onZoom: Props['onZoom']): void {
  const { left, width } = plot.select;
  if (width < LEAST_DRAG_PX) return;
  onZoom([plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]);
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

/** Under the pointer, else the newest. */
function tell(plot: uPlot, { attempts, steps, columns }: Stitched, place: HTMLSpanElement | null): void {
  const index = plot.cursor.idx;
  if (!place) return;
  if (index == null) {
    place.textContent = newest(columns);
    return;
  }
  const values = columns.flatMap((column, at) => {
    const value = column[index];
    return value == null ? [] : [`${metric(value)}${attempts.length > 1 ? ` (attempt ${attempts[at]})` : ''}`];
  });
  place.textContent = `step ${count(steps[index] ?? 0)}: ${values.join(', ')}`;
}

function newest(columns: Stitched['columns']): string {
  const value = columns.at(-1)?.findLast((each) => each != null);
  return value == null ? '' : metric(value);
}

function drawEvents(plot: uPlot, { checkpoints, resumes }: Events): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const at = (step: number) => plot.valToPos(step, 'x', true);
  const isSeen = (x: number) => x >= bbox.left && x <= bbox.left + bbox.width;
  ctx.save();
  ctx.strokeStyle = colorOf('--soft');
  ctx.lineWidth = ratio;
  ctx.setLineDash([4 * ratio, 4 * ratio]);
  for (const x of resumes.map(at).filter(isSeen)) {
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.setLineDash([]);
  ctx.fillStyle = colorOf('--good');
  const [y, size] = [bbox.top + bbox.height, 4.5 * ratio];
  for (const x of checkpoints.map(at).filter(isSeen)) {
    ctx.beginPath();
    ctx.moveTo(x, y - size);
    ctx.lineTo(x + size, y);
    ctx.lineTo(x, y + size);
    ctx.lineTo(x - size, y);
    ctx.fill();
  }
  ctx.restore();
}
