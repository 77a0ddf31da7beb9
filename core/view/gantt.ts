/** A session's attempts over time: what each was doing when, and what happened to it. Pure; times in ms since the epoch. */
import type { Stage } from '../node/node-status';
import { ms, SECOND_MS } from '../time';
import type { AttemptView, NodeView } from './attempt-view';
import type { CheckpointView } from './checkpoint-view';
import { duration, seconds } from './format';

export type SpanKind = 'launch' | Exclude<Stage, 'done'> | 'release';

export interface GanttSpan {
  kind: SpanKind;
  fromMs: number;
  toMs: number;
  isGoingOn: boolean;
}

export type MarkKind = 'resume' | 'checkpoint' | 'notice' | 'upload' | 'end';

export interface GanttMark {
  kind: MarkKind;
  atMs: number;
  text: string;
}

/** One node of an attempt; an attempt without nodes has a row, too. */
export interface GanttRow {
  attempt: number;
  /** The leader is 0: what is said of the attempt stands on its row. */
  rank: number;
  spans: GanttSpan[];
  marks: GanttMark[];
}

export interface Gantt {
  fromMs: number;
  toMs: number;
  rows: GanttRow[];
  /** By attempt, nodes of a large gang that have no row. */
  leftOut: ReadonlyMap<number, number>;
}

/** Of one attempt. */
const MOST_ROWS = 16;

/** null before the first attempt. `checkpoints`: those that are still kept. */
export function gantt(
  attempts: readonly AttemptView[],
  checkpoints: readonly CheckpointView[],
  now: number,
): Gantt | null {
  if (attempts.length === 0) return null;
  const rows = attempts.flatMap((attempt) => {
    const own = checkpoints.filter((each) => each.attempt === attempt.number);
    const leaders = attempt.nodes.filter(({ rank }) => rank === 0);
    const spans = spansOf({ ...attempt, nodes: leaders }, now);
    const leading = { attempt: attempt.number, rank: 0, spans, marks: marksOf(attempt, own) };
    return [leading, ...followers(attempt).map((node) => followerRow(attempt, node, now))];
  });
  const leftOut = attempts.flatMap(({ number, nodes }): [number, number][] =>
    nodes.length > MOST_ROWS ? [[number, nodes.length - MOST_ROWS]] : [],
  );
  const times = rows.flatMap(({ spans, marks }) => [
    ...spans.flatMap(({ fromMs, toMs }) => [fromMs, toMs]),
    ...marks.map(({ atMs }) => atMs),
  ]);
  const fromMs = Math.min(...times);
  return { fromMs, toMs: Math.max(...times, fromMs + SECOND_MS), rows, leftOut: new Map(leftOut) };
}

/** Those with a notice first: they are why the others end. */
function followers({ nodes }: AttemptView): NodeView[] {
  const others = nodes.filter(({ rank }) => rank !== 0);
  const shown = others
    .toSorted((a, b) => Number(b.noticeAt !== null) - Number(a.noticeAt !== null))
    .slice(0, MOST_ROWS - 1);
  return shown.toSorted((a, b) => a.rank - b.rank);
}

function followerRow({ number, beganAt, endedAt }: AttemptView, node: NodeView, now: number): GanttRow {
  const { rank, stages, noticeAt } = node;
  return {
    attempt: number,
    rank,
    spans: spansOf({ beganAt, endedAt, stages, nodes: [node] }, now),
    marks: noticeAt === null ? [] : [mark('notice', noticeAt, 'two-minute notice')],
  };
}

type Worked = Pick<AttemptView, 'beganAt' | 'stages' | 'nodes' | 'endedAt'>;

function spansOf({ beganAt, stages, nodes, endedAt }: Worked, now: number): GanttSpan[] {
  const releasedMs = lastOf(nodes.map((node) => (node.endedAt === null ? now : ms(node.endedAt))));
  const overMs = endedAt === null ? now : ms(endedAt);
  const firstStageMs = stages[0] ? ms(stages[0].startedAt) : undefined;
  const isWaiting = firstStageMs === undefined;
  const launch = {
    kind: 'launch' as const,
    fromMs: ms(beganAt),
    toMs: Math.max(ms(beganAt), firstStageMs ?? overMs),
    isGoingOn: isWaiting && endedAt === null,
  };
  const working = stages.flatMap(({ stage, startedAt, seconds: took }): GanttSpan[] => {
    if (stage === 'done') return [];
    const fromMs = ms(startedAt);
    const isGoingOn = took === null && endedAt === null;
    const toMs = took === null ? Math.max(fromMs, overMs) : fromMs + took * SECOND_MS;
    return [{ kind: stage, fromMs, toMs, isGoingOn }];
  });
  const workedMs = Math.max(launch.toMs, ...working.map(({ toMs }) => toMs));
  const isReleasing = endedAt !== null && releasedMs !== undefined && releasedMs > workedMs;
  const release = isReleasing
    ? [
        {
          kind: 'release' as const,
          fromMs: workedMs,
          toMs: releasedMs,
          isGoingOn: nodes.some((node) => node.endedAt === null),
        },
      ]
    : [];
  return [launch, ...working, ...release];
}

function marksOf(attempt: AttemptView, checkpoints: readonly CheckpointView[]): GanttMark[] {
  const { stages, resumedFrom, noticeAt, shutdown, lastCheckpoint, endedAt, end } = attempt;
  const trainAt = stages.find(({ stage }) => stage === 'train')?.startedAt;
  const uploadAt = stages.find(({ stage }) => stage === 'upload')?.startedAt;
  const saved = new Map(checkpoints.map(({ name, step, committedAt }) => [committedAt, { name, step }]));
  if (lastCheckpoint) saved.set(lastCheckpoint.committedAt, lastCheckpoint);
  const way = shutdown?.saveSeconds == null ? '' : `; saved in ${seconds(shutdown.saveSeconds)}`;
  return [
    ...(resumedFrom && trainAt ? [mark('resume', trainAt, `resumes from ${stepOr(resumedFrom)}`)] : []),
    ...[...saved].map(([at, each]) => mark('checkpoint', at, `checkpoint ${stepOr(each)} committed`)),
    ...(noticeAt === null ? [] : [mark('notice', noticeAt, `two-minute notice${way}`)]),
    ...(uploadAt ? [mark('upload', uploadAt, 'uploads what is left')] : []),
    ...(endedAt && end ? [mark('end', endedAt, end.message.split('\n')[0] ?? '')] : []),
  ].toSorted((a, b) => a.atMs - b.atMs);
}

const mark = (kind: MarkKind, at: string, text: string): GanttMark => ({ kind, atMs: ms(at), text });

const stepOr = ({ step, name }: { step: number | null; name: string }) =>
  step === null ? name : `step ${step.toLocaleString('en-US')}`;

function lastOf(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.max(...times);
}

/** `stage train, 3 min 20 s` */
export function spanText({ kind, fromMs, toMs, isGoingOn }: GanttSpan): string {
  return `${kind}, ${duration((toMs - fromMs) / SECOND_MS)}${isGoingOn ? ' so far' : ''}`;
}
