/** Draws the running job: pure, one text per line, no cursor movement. */
import { createColors } from 'picocolors';
import type { Progress, Stage, StageTiming } from '../../core/node/node-status';
import type { AttemptView, RunView } from './run-view';

/** The happy path of the state machine, in order. */
const STATES = ['PlanJob', 'LaunchNodes', 'RunTraining', 'CollectResults', 'ReleaseNodes', 'NotifyFinished'];
const STAGES = ['code', 'data', 'train', 'upload'] as const satisfies readonly Stage[];
const BAR_CELLS = 30;

export interface RenderOptions {
  color: boolean;
}

export function render(view: RunView, { color }: RenderOptions): string[] {
  const paint = createColors(color);
  return [
    `${paint.bold(view.sessionId)}  ${paint.dim(clockText(view.elapsedSeconds))}`,
    '',
    `  ${stateLine(view, paint)}`,
    ...view.attempts.flatMap((attempt) => ['', ...attemptLines(attempt, paint)]),
    '',
    ...view.notes.map(({ atSeconds, text }) => `  ${paint.dim(clockText(atSeconds))}  ${text}`),
  ];
}

type Paint = ReturnType<typeof createColors>;

function stateLine({ execution }: RunView, paint: Paint): string {
  const isOver = execution.status !== 'RUNNING';
  const steps = STATES.map((name) =>
    name === execution.state && !isOver ? paint.cyan(paint.bold(`▸${name}`)) : paint.dim(name),
  );
  const waiting = execution.state === 'WaitForCapacity' ? [paint.yellow('waiting for capacity')] : [];
  const ending = isOver
    ? [(execution.status === 'SUCCEEDED' ? paint.green : paint.red)(paint.bold(execution.status))]
    : [];
  return [...steps, ...waiting, ...ending].join(paint.dim(' → '));
}

function attemptLines(attempt: AttemptView, paint: Paint): string[] {
  const head = `  ${paint.bold(`attempt ${attempt.number}`)}  ${attempt.instanceId}  ${attempt.instanceType}  ${attempt.zone}`;
  return [
    `${head}  ${instanceText(attempt, paint)}`,
    `    ${STAGES.map((stage) => stageText(stage, attempt, paint)).join('   ')}`,
    ...(attempt.progress?.step == null
      ? []
      : [`    ${progressText(attempt.progress, attempt.outcome !== null, paint)}`]),
    ...checkpointText(attempt).map((line) => `    ${line}`),
  ];
}

function instanceText({ instanceState, outcome, status }: AttemptView, paint: Paint): string {
  if (outcome === 'succeeded') return paint.green(`finished, ${instanceState}`);
  if (outcome !== null) return paint.yellow(`${outcome}, ${instanceState}`);
  if (status?.stopping) return paint.yellow(`saving (${status.stopping.reason}), ${instanceState}`);
  return paint.dim(instanceState);
}

/** A stage entered again (after a restart of the agent, say) is judged by its last entry. */
function stageText(stage: Stage, { status }: AttemptView, paint: Paint): string {
  const timing = status?.stages.findLast((each: StageTiming) => each.stage === stage);
  if (timing === undefined) return paint.dim(`· ${stage}`);
  if (timing.seconds === null) return paint.cyan(`▸ ${stage}`);
  return `${paint.green('✓')} ${stage} ${paint.dim(`${timing.seconds.toFixed(1)} s`)}`;
}

function progressText({ step, total, metrics, etaSeconds }: Progress, isOver: boolean, paint: Paint): string {
  const fraction = step === null || !total ? 0 : Math.min(1, step / total);
  const filled = Math.round(fraction * BAR_CELLS);
  const bar = paint.cyan('█'.repeat(filled)) + paint.dim('░'.repeat(BAR_CELLS - filled));
  return [
    bar,
    `step ${step}${total === null ? '' : `/${total}`}`,
    ...Object.entries(metrics).map(([name, value]) => `${name} ${value.toFixed(4)}`),
    ...(etaSeconds === null || isOver || fraction === 1 ? [] : [paint.dim(`${Math.ceil(etaSeconds)} s left`)]),
  ].join('  ');
}

function checkpointText({ status }: AttemptView): string[] {
  const from = status?.resumedFrom;
  const last = status?.lastCheckpoint;
  const parts = [
    ...(from ? [`resumed at step ${from.step ?? '?'} (${from.name})`] : []),
    ...(last ? [`newest committed checkpoint: step ${last.step ?? '?'} (${last.name})`] : []),
  ];
  return parts.length === 0 ? [] : [parts.join('; ')];
}

function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}
