/** Attempts over time: stages as bars, and on them notices, saves, uploads and resumes. */
import { scaleTime } from 'd3-scale';
import {
  type Gantt,
  type GanttMark,
  type GanttRow,
  type GanttSpan,
  gantt,
  type MarkKind,
  type SpanKind,
  spanText,
} from '../../core/view/gantt';
import type { CheckpointView, SessionDetails } from '../../core/view/page-api';
import { duration, moment, tickTime } from '../format';
import { useWidth } from '../parts/use-width';

interface Props {
  details: SessionDetails;
  checkpoints: readonly CheckpointView[];
}

export function GanttChart({ details: { view, now }, checkpoints }: Props) {
  const chart = gantt(view.attempts, checkpoints, now);
  if (chart === null) return null;
  const seen = (span: GanttSpan) => span.toMs - span.fromMs > (chart.toMs - chart.fromMs) * LEAST_SEEN;
  const kinds = new Set(chart.rows.flatMap(({ spans }) => spans.filter(seen).map(({ kind }) => kind)));
  const marks = new Set(chart.rows.flatMap((row) => row.marks.map(({ kind }) => kind)));
  return (
    <section class="card">
      <div class="card-head">
        <h2>Attempts</h2>
        <span class="soft">{duration((chart.toMs - chart.fromMs) / 1000)}</span>
      </div>
      <Rows chart={chart} machines={new Map(view.attempts.map(({ number, nodes }) => [number, machineOf(nodes)]))} />
      <ul class="legend">
        {named(SPANS, kinds).map(([kind, name]) => (
          <li key={kind}>
            <span class={`swatch span-${kind}`} />
            {name}
          </li>
        ))}
        {named(MARKS, marks).map(([kind, name]) => (
          <li key={kind}>
            <svg width="12" height="12" viewBox="-6 -6 12 12" class={`mark mark-${kind}`} aria-hidden="true">
              {SHAPES[kind]}
            </svg>
            {name}
          </li>
        ))}
      </ul>
    </section>
  );
}

function named<Kind extends string>(names: Record<Kind, string>, seen: ReadonlySet<Kind>): [Kind, string][] {
  return (Object.entries(names) as [Kind, string][]).filter(([kind]) => seen.has(kind));
}

/** Of the whole: what is shorter cannot be told apart. */
const LEAST_SEEN = 0.002;

function machineOf(nodes: readonly { instanceType: string; market: string }[]): string {
  const [first] = nodes;
  if (first === undefined) return 'no instance';
  return `${first.instanceType}${nodes.length > 1 ? ` × ${nodes.length}` : ''}, ${first.market}`;
}

/** In the order of time. */
const SPANS: Record<SpanKind, string> = {
  launch: 'launch',
  boot: 'boot',
  image: 'image',
  code: 'code',
  data: 'data',
  wait: 'waits for the one before',
  resume: 'fetches the checkpoint',
  train: 'trains',
  upload: 'uploads',
  release: 'until the instance is gone',
};

const MARKS: Record<MarkKind, string> = {
  resume: 'resumed',
  checkpoint: 'checkpoint',
  notice: 'notice',
  upload: 'upload',
  end: 'end',
};

const SHAPES: Record<MarkKind, preact.JSX.Element> = {
  resume: <path d="M-3.500 -5 5 0-3.500 5z" />,
  checkpoint: <path d="M0-5 5 0 0 5-5 0z" />,
  notice: <path d="M0-5.500 5.500 4.500h-11z" />,
  upload: <path d="M0-5 4.500 0H1.500v5h-3V0h-3z" />,
  end: <rect x="-1.500" y="-5.500" width="3" height="11" rx="1.500" />,
};

/** Under the name of its attempt. */
const ROW = 48;
const BAR = { top: 21, height: 14 };
/** Other nodes of a gang follow their leader. */
const FOLLOWER_ROW = 22;
const FOLLOWER_BAR = { top: 4, height: 10 };
const AXIS = 24;
/** Half of a mark: those at the ends are whole. */
const MARGIN = 7;
const LABEL_HALF = 30;
/** Of the numbers before the bars of a gang. */
const RANK_WIDTH = 22;

interface Placed {
  row: GanttRow;
  top: number;
  bar: typeof BAR;
}

/** The row before makes room for those that follow it. */
function place(rows: readonly GanttRow[]): { placed: Placed[]; height: number } {
  let height = 0;
  const placed = rows.map((row, index) => {
    const isFollower = row.rank !== 0;
    const top = height;
    const isFollowed = (rows[index + 1]?.rank ?? 0) !== 0;
    const gap = isFollower && !isFollowed ? ROW - BAR.top - BAR.height : 0;
    height += isFollower ? FOLLOWER_ROW + gap : isFollowed ? BAR.top + BAR.height + 4 : ROW;
    return { row, top, bar: isFollower ? FOLLOWER_BAR : BAR };
  });
  return { placed, height };
}

function Rows({ chart, machines }: { chart: Gantt; machines: ReadonlyMap<number, string> }) {
  const [frame, width] = useWidth<HTMLDivElement>();
  const { placed, height: rowsHeight } = place(chart.rows);
  const height = rowsHeight + AXIS;
  const isGang = chart.rows.some(({ rank }) => rank !== 0);
  const left = MARGIN + (isGang ? RANK_WIDTH : 0);
  const x = scaleTime()
    .domain([chart.fromMs, chart.toMs])
    .range([left, Math.max(left + 1, width - MARGIN)]);
  const isWhole = (tick: Date) => x(tick) > LABEL_HALF && x(tick) < width - LABEL_HALF;
  const allTicks = x.ticks(Math.max(2, Math.floor(width / 130)));
  const [first, second] = allTicks.map((tick) => tick.getTime());
  const stepMs = (second ?? 0) - (first ?? 0);
  const ticks = allTicks.filter(isWhole);
  return (
    <div ref={frame}>
      {width > 0 && (
        <svg class="gantt" width={width} height={height} role="img" aria-label={describe(chart)}>
          {ticks.map((tick) => (
            <g key={tick.getTime()} class="tick" transform={`translate(${x(tick)} 0)`}>
              <line y1="0" y2={height - AXIS + 4} />
              <text y={height - 6} text-anchor="middle">
                {tickTime(tick, stepMs)}
              </text>
            </g>
          ))}
          {placed.map(({ row, top, bar }) => (
            <g key={`${row.attempt}/${row.rank}`} data-rank={row.rank} transform={`translate(0 ${top})`}>
              {row.rank === 0 && (
                <text class="row-name" x={MARGIN} y="11">
                  Attempt {row.attempt}
                  <tspan class="soft-text" dx="8">
                    {machines.get(row.attempt)}
                    {chart.leftOut.has(row.attempt) && `, ${chart.leftOut.get(row.attempt)} not shown`}
                  </tspan>
                </text>
              )}
              {isGang && (
                <text class="soft-text" x={left - 8} y={bar.top + bar.height / 2} dy="0.35em" text-anchor="end">
                  {row.rank}
                </text>
              )}
              {row.spans.map((span) => (
                <rect
                  key={`${span.kind}${span.fromMs}`}
                  class={`span-${span.kind}${span.isGoingOn ? ' going-on' : ''}`}
                  x={x(span.fromMs)}
                  y={bar.top}
                  width={Math.max(1.5, x(span.toMs) - x(span.fromMs))}
                  height={bar.height}
                  rx="2"
                >
                  <title>{isGang ? `node ${row.rank}: ${spanText(span)}` : spanText(span)}</title>
                </rect>
              ))}
              {row.marks.map((mark) => (
                <Mark key={`${mark.kind}${mark.atMs}`} mark={mark} x={x(mark.atMs)} bar={bar} />
              ))}
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}

/** What comes from outside stands above the bar, what the attempt did is on it. */
function Mark({ mark: { kind, atMs, text }, x, bar }: { mark: GanttMark; x: number; bar: typeof BAR }) {
  const isOutside = kind === 'notice';
  const half = bar.height / 2;
  return (
    <g class={`mark mark-${kind}`} transform={`translate(${x} ${bar.top + half})`}>
      <title>{`${moment(new Date(atMs))}  ${text}`}</title>
      {isOutside && <path d={`M0 ${-half}v${bar.height}`} class="mark-line" />}
      <g transform={isOutside && bar === BAR ? `translate(0 ${-half - 6})` : ''}>{SHAPES[kind]}</g>
    </g>
  );
}

/** For those who do not see it. */
function describe({ rows }: Gantt): string {
  return rows
    .map(
      ({ attempt, rank, spans, marks }) =>
        `Attempt ${attempt}${rank === 0 ? '' : `, node ${rank}`}: ${[...spans.map(spanText), ...marks.map(({ text }) => text)].join('; ')}`,
    )
    .join('. ');
}
