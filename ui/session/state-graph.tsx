/** The state machine, drawn: the state that it is in is lit, those that it was in have their times. */
import type { SessionView } from '../../core/view/session-view';
import type { StateTiming } from '../../core/view/state-timings';
import { duration } from '../format';
import { useWidth } from '../parts/use-width';
import { type Box, type Edge, layout, type StateName } from './state-layout';
import { ways } from './state-ways';

interface Props {
  timings: readonly StateTiming[];
  view: SessionView;
  now: number;
}

interface Told {
  isCurrent: boolean;
  isVisited: boolean;
  /** Of all visits, the one that goes on included. */
  seconds: number;
  visits: number;
}

export function StateGraph({ timings, view, now }: Props) {
  const [place, width] = useWidth<HTMLDivElement>();
  const { boxes, height, isNarrow } = layout(width);
  const told = new Map(timings.map((timing) => [timing.state, tell(timing, now)]));
  const current = timings.find(({ enteredAt }) => enteredAt !== null)?.state;
  const says = current === undefined ? `The execution is over: ${view.state}.` : `It is in ${current}.`;
  return (
    <div ref={place} class="graph">
      {width > 0 && (
        <svg width={width} height={height} role="img" aria-label={`State machine. ${says}`}>
          <title>{says}</title>
          <defs>
            <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
              <path d="M0 .8 7 4 0 7.200z" fill="context-stroke" />
            </marker>
          </defs>
          {ways(timings, view.attempt).map(({ isTaken, ...edge }) => (
            <path
              key={edge.from + edge.to}
              class={`edge ${edge.kind}${isTaken ? ' taken' : ''}`}
              d={pathOf(boxes, edge, isNarrow)}
              marker-end="url(#arrow)"
            />
          ))}
          {Object.entries(boxes).map(([name, box]) => (
            <State key={name} name={name as StateName} box={box} told={told.get(name)} />
          ))}
        </svg>
      )}
    </div>
  );
}

function tell({ visits, seconds, enteredAt }: StateTiming, now: number): Told {
  const going = enteredAt === null ? 0 : Math.max(0, (now - Date.parse(enteredAt)) / 1000);
  return { isCurrent: enteredAt !== null, isVisited: true, seconds: seconds + going, visits };
}

const WORDS: Record<StateName, string> = {
  PlanJob: 'checks, prices, plan',
  LaunchNodes: 'asks for instances',
  WaitForCapacity: 'no room: tries again',
  RunTraining: 'trains',
  CollectResults: 'verifies results',
  ReleaseNodes: 'ends instances',
  NotifyFinished: 'tells you',
  Succeeded: '',
  Failed: '',
};

function State({ name, box, told }: { name: StateName; box: Box; told: Told | undefined }) {
  const isEnd = name === 'Succeeded' || name === 'Failed';
  const classes = [
    'node',
    told?.isCurrent ? 'current' : told ? 'visited' : 'ahead',
    isEnd && told ? name.toLowerCase() : '',
  ];
  const below = told === undefined || isEnd ? WORDS[name] : timeText(told);
  return (
    <g class={classes.join(' ')} transform={`translate(${box.x} ${box.y})`}>
      <rect width={box.width} height={box.height} rx="8" />
      {told?.isCurrent && <rect class="glow" width={box.width} height={box.height} rx="8" />}
      <text x={box.width / 2} y={below === '' ? box.height / 2 + 4.5 : box.height / 2 - 3} class="name">
        {name}
      </text>
      {below !== '' && (
        <text x={box.width / 2} y={box.height / 2 + 14} class="time">
          {below}
        </text>
      )}
    </g>
  );
}

function timeText({ seconds, visits }: Told): string {
  return `${seconds < 10 ? `${seconds.toFixed(1)} s` : duration(seconds)}${visits > 1 ? ` · ${visits}×` : ''}`;
}

function pathOf(boxes: Readonly<Record<StateName, Box>>, { from, to, kind }: Edge, isNarrow: boolean): string {
  const [a, b] = [boxes[from], boxes[to]];
  const middle = (box: Box) => [box.x + box.width / 2, box.y + box.height / 2] as const;
  const [[ax, ay], [bx, by]] = [middle(a), middle(b)];
  if (kind === 'again') return isNarrow ? loopAtSide(a, b) : loopAbove(a, b);
  if (kind === 'failed') return isNarrow ? pastAtSide(a, b) : pastBelow(a, b);
  // Beside it stands the way back: they keep apart.
  if (isNarrow && to === 'WaitForCapacity') return `M${a.x + a.width} ${ay - APART}H${b.x - 3}`;
  if (isNarrow && from === 'NotifyFinished') {
    const half = (a.y + a.height + b.y) / 2;
    return `M${ax} ${a.y + a.height}V${half}H${bx}V${b.y - 3}`;
  }
  if (Math.abs(ay - by) < 1) return `M${a.x + a.width} ${ay}H${b.x - 3}`;
  if (Math.abs(ax - bx) < 1) return `M${ax} ${a.y + a.height}V${b.y - 3}`;
  const half = (a.x + a.width + b.x) / 2;
  return `M${a.x + a.width} ${ay}H${half}V${by}H${b.x - 3}`;
}

const APART = 9;

function loopAbove(a: Box, b: Box): string {
  const [ax, bx, top] = [a.x + a.width / 2, b.x + b.width / 2, Math.min(a.y, b.y) - 18];
  return `M${ax} ${a.y}V${top + 8}q0 -8 -8 -8H${bx + 8}q-8 0 -8 8V${b.y - 3}`;
}

function loopAtSide(a: Box, b: Box): string {
  const x = Math.max(a.x + a.width, b.x + b.width);
  const [ay, by] = [a.y + a.height / 2, b.y + b.height / 2 + APART];
  return `M${a.x + a.width} ${ay}H${x + 10}q8 0 8 -8V${by + 8}q0 -8 -8 -8H${b.x + b.width + 3}`;
}

/** Where the edge to WaitForCapacity does not begin. */
const AT_RIGHT = 0.75;

function pastBelow(a: Box, b: Box): string {
  const [ax, bx, bottom] = [a.x + a.width * AT_RIGHT, b.x + b.width / 2, a.y + a.height];
  return `M${ax} ${bottom}v6q0 8 8 8H${bx - 8}q8 0 8 -8V${bottom + 3}`;
}

/** Outside of the way back. */
function pastAtSide(a: Box, b: Box): string {
  const [right, ay, by] = [a.x + a.width, a.y + a.height / 2 + 2 * APART, b.y + b.height / 2];
  return `M${right} ${ay}h16q8 0 8 8V${by - 8}q0 8 -8 8H${right + 3}`;
}
