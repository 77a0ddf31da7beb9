/** `runctl watch`: one picture on a terminal, what changed elsewhere. Pure. */
import type { Stage } from '../../core/node/node-status';
import type { AttemptView } from '../../core/view/attempt-view';
import { currentView, type SessionView } from '../../core/view/session-view';
import { clockTime, metric, seconds } from '../terminal/format';
import type { Paint } from '../terminal/paint';
import {
  busyLine,
  checkpointLine,
  costLine,
  headline,
  labelled,
  machineLine,
  metricsLine,
  progressLine,
  transferLine,
} from './summary';

const STAGES = ['image', 'code', 'data', 'train', 'upload'] as const satisfies readonly Stage[];
const EVENTS_SHOWN = 6;
/** Progress is told at each tenth. */
const TELLINGS = 10;

export function renderWatch(view: SessionView, logTail: readonly string[], paint: Paint): string[] {
  const current = currentView(view);
  return [
    headline(view, paint),
    '',
    ...labelled(paint, [
      ['machine', current ? machineLine(current) : 'none yet'],
      ['stages', current ? stagesLine(current, paint) : undefined],
      ['transfer', current ? transferLine(current) : undefined],
      ['progress', progressLine(view, paint)],
      ['busy', current && !view.isOver ? busyLine(current) : undefined],
      ['metrics', metricsLine(view, paint)],
      ['checkpoint', current ? checkpointLine(view) : undefined],
      ['cost', view.cost ? costLine(view.cost, paint) : undefined],
    ]),
    ...view.warnings.map((warning) => `  ${paint.yellow(`! ${warning}`)}`),
    '',
    ...view.timeline
      .slice(-EVENTS_SHOWN)
      .map(({ at, what }) => `  ${paint.dim(clockTime(at))}  ${what.split('\n')[0] ?? ''}`),
    ...(logTail.length > 0 ? ['', ...logTail.map((line) => paint.dim(`  │ ${line}`))] : []),
  ];
}

/** Most jobs have no image. */
function stagesLine(attempt: AttemptView, paint: Paint): string {
  const isShown = (stage: Stage) => stage !== 'image' || attempt.stages.some((timing) => timing.stage === stage);
  return STAGES.filter(isShown)
    .map((stage) => stageText(stage, attempt, paint))
    .join('  ');
}

/** A stage entered again (after a restart of the agent, say) is judged by its last entry. */
function stageText(stage: Stage, { stages }: AttemptView, paint: Paint): string {
  const timing = stages.findLast((each) => each.stage === stage);
  if (timing === undefined) return paint.dim(`· ${stage}`);
  if (timing.seconds === null) return paint.cyan(`▸ ${stage}`);
  return `${paint.green('✓')} ${stage} ${paint.dim(seconds(timing.seconds))}`;
}

/** For what cannot be redrawn: one line for each thing that is new. */
export function watchChanges(before: SessionView | undefined, now: SessionView): string[] {
  const known = new Set((before?.timeline ?? []).map(({ at, what }) => `${at} ${what}`));
  const events = now.timeline
    .filter(({ at, what }) => !known.has(`${at} ${what}`))
    .map(({ at, what }) => `${clockTime(at)}  ${what.split('\n')[0] ?? ''}`);
  const lines = [
    ...events,
    ...(before?.state === now.state ? [] : [`state: ${now.state}`]),
    ...transferChange(before && currentView(before), currentView(now)),
    ...progressChange(before, now),
    ...checkpointChange(before, now),
  ];
  return now.isOver && now.outcome ? [...lines, ...now.outcome.message.split('\n')] : lines;
}

function transferChange(before: AttemptView | undefined, now: AttemptView | undefined): string[] {
  const line = now && transferLine(now);
  if (!now || line === undefined) return [];
  const tenth = ({ transfer, stages }: AttemptView) =>
    transfer?.totalBytes
      ? `${stages.length} ${Math.floor((TELLINGS * transfer.doneBytes) / transfer.totalBytes)}`
      : undefined;
  const isNew = tenth(now) !== undefined && (before?.number !== now.number || tenth(before) !== tenth(now));
  return isNew ? [`attempt ${now.number}: ${line}`] : [];
}

function progressChange(before: SessionView | undefined, { progress, attempt }: SessionView): string[] {
  if (progress?.step == null) return [];
  const tenth = (fraction: number | null | undefined) =>
    fraction == null ? undefined : Math.floor(fraction * TELLINGS);
  const isNew =
    progress.fraction === null
      ? before?.progress?.step == null
      : before?.attempt !== attempt || tenth(before.progress?.fraction) !== tenth(progress.fraction);
  if (!isNew) return [];
  const metrics = Object.entries(progress.metrics).map(([name, value]) => `  ${name} ${metric(value)}`);
  return [
    `attempt ${attempt}: step ${progress.step}${progress.total === null ? '' : ` of ${progress.total}`}${metrics.join('')}`,
  ];
}

function checkpointChange(before: SessionView | undefined, { lastCheckpoint }: SessionView): string[] {
  if (lastCheckpoint === null) return [];
  const old = before?.lastCheckpoint;
  if (old?.attempt === lastCheckpoint.attempt && old.sequence === lastCheckpoint.sequence) return [];
  return [`attempt ${lastCheckpoint.attempt}: committed checkpoint ${lastCheckpoint.name}`];
}
