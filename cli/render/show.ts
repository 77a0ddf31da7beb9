/** `runctl show`: the flight recorder. Pure. */
import type { AttemptView } from '../../core/view/attempt-view';
import { currentView, type SessionView } from '../../core/view/session-view';
import { dateTime, plural, seconds, usd } from '../terminal/format';
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
  wayOutLine,
} from './summary';

/** `command` writes another command as the user would type it. */
export function renderShow(view: SessionView, paint: Paint, command: (...words: string[]) => string): string[] {
  const { job, cost, outcome, resumedFromSession } = view;
  const current = currentView(view);
  return [
    headline(view, paint),
    '',
    ...labelled(paint, [
      ['job', job ? `${job.name}  ${paint.dim(`project ${job.project}, owner ${job.owner}`)}` : undefined],
      ['command', job?.command],
      ['goes on from', resumedFromSession ?? undefined],
      ['progress', progressLine(view, paint)],
      ['busy', current && !view.isOver ? busyLine(current) : undefined],
      ['metrics', metricsLine(view, paint)],
      ['checkpoint', job ? checkpointLine(view) : undefined],
      ['way out', wayOutLine(view, paint)],
      ['cost', cost ? costLine(cost, paint) : undefined],
    ]),
    ...(outcome ? ['', ...outcome.message.split('\n').map((line) => `  ${line}`)] : []),
    ...view.warnings.map((warning) => `  ${paint.yellow(`! ${warning}`)}`),
    ...view.attempts.flatMap((attempt) => ['', ...attemptLines(attempt, paint)]),
    ...(view.timeline.length > 0 ? ['', paint.bold('What happened'), ...timelineLines(view, paint)] : []),
    ...nextSteps(view).map((words, index) => `${index === 0 ? '\n' : ''}${paint.dim(`next: ${command(...words)}`)}`),
  ];
}

function attemptLines(attempt: AttemptView, paint: Paint): string[] {
  const { number, nodes, end, resumedFrom, recomputedSteps, poolErrors } = attempt;
  const from = resumedFrom && `${resumedFrom.name}${resumedFrom.step === null ? '' : ` (step ${resumedFrom.step})`}`;
  const nodesUsd = nodes.every(({ usd: each }) => each !== null)
    ? usd(nodes.reduce((sum, node) => sum + (node.usd ?? 0), 0))
    : 'unknown';
  const isWaived = nodes.some((node) => node.isWaived);
  return [
    `${paint.bold(`Attempt ${number}`)}  ${machineLine(attempt)}`,
    ...labelled(paint, [
      ['stages', stageText(attempt) || undefined],
      ['resumed', from ? `${from}; steps done again: ${recomputedSteps ?? 'unknown'}` : undefined],
      ['way out', wayOut(attempt)],
      [
        'cost',
        nodes.length > 0 ? `${nodesUsd}${isWaived ? ' (free: AWS took it back within the hour)' : ''}` : undefined,
      ],
      ['no room', poolErrors.length > 0 ? poolText(attempt) : undefined],
      ['ended', end?.message.split('\n')[0]],
    ]),
  ];
}

function stageText({ stages }: AttemptView): string {
  return stages
    .filter(({ stage, seconds: took }) => stage !== 'done' && (took === null || took >= 0.05))
    .map(({ stage, seconds: took }) => `${stage} ${took === null ? '…' : seconds(took)}`)
    .join(', ');
}

function wayOut({ shutdown, handOverSeconds }: AttemptView): string | undefined {
  if (!shutdown) return undefined;
  const { noticeToSignalSeconds, saveSeconds, uploadSeconds } = shutdown;
  const parts = [
    ...(noticeToSignalSeconds === null ? [] : [`notice to SIGTERM ${seconds(noticeToSignalSeconds)}`]),
    ...(saveSeconds === null ? [] : [`save ${seconds(saveSeconds)}`]),
    ...(uploadSeconds === null ? [] : [`upload ${seconds(uploadSeconds)}`]),
    ...(handOverSeconds === null ? [] : [`the next attempt trained ${seconds(handOverSeconds)} later`]),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}

function poolText({ poolErrors }: AttemptView): string {
  const pools = poolErrors.map(({ instanceType, zone, market, code }) => {
    const where = [instanceType, zone].filter((part) => part !== null).join(' in ');
    return `${where || 'all'} (${market}): ${code}`;
  });
  const shown = pools.slice(0, 3).join('; ');
  return pools.length > 3 ? `${shown}; and ${plural(pools.length - 3, 'more pool')}` : shown;
}

function timelineLines({ timeline }: SessionView, paint: Paint): string[] {
  return timeline.map(({ at, what }) => {
    const [first = '', ...rest] = what.split('\n');
    return `  ${paint.dim(dateTime(at))}  ${first}${rest.length > 0 ? paint.dim(' …') : ''}`;
  });
}

function nextSteps({ sessionId, state, isOver, outcome }: SessionView): string[][] {
  if (state === 'succeeded') return [['download', sessionId]];
  if (outcome?.resumable)
    return [
      ['resume', sessionId],
      ['checkpoints', sessionId],
    ];
  return isOver
    ? []
    : [
        ['watch', sessionId],
        ['stop', sessionId],
      ];
}
