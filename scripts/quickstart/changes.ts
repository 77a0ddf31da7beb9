/** For a terminal that cannot be redrawn: what changed between two views, as plain lines. Pure. */
import type { AttemptView, RunView } from './run-view';

/** Progress is told at each tenth. */
const TELLINGS = 10;

export function changes(before: RunView | undefined, now: RunView): string[] {
  const at = `[${now.elapsedSeconds.toFixed(1).padStart(5)} s]`;
  return [
    ...executionChanges(before, now),
    ...now.attempts.flatMap((attempt) =>
      attemptChanges(
        before?.attempts.find(({ instanceId }) => instanceId === attempt.instanceId),
        attempt,
      ),
    ),
    ...now.notes.slice(before?.notes.length ?? 0).map(({ text }) => text),
  ].map((line) => `${at} ${line}`);
}

function executionChanges(before: RunView | undefined, { execution }: RunView): string[] {
  const { state, status } = execution;
  return [
    ...(state !== null && state !== before?.execution.state ? [`state machine: ${state}`] : []),
    ...(status !== 'RUNNING' && status !== before?.execution.status ? [`execution: ${status}`] : []),
  ];
}

function attemptChanges(before: AttemptView | undefined, now: AttemptView): string[] {
  const { status } = now;
  const checkpoint = status?.lastCheckpoint;
  const stage = status?.stage;
  // An instance that is terminated after its work is done stops, too: that is no news.
  const stopping = now.outcome === 'succeeded' ? null : status?.stopping;
  const lines = [
    before?.instanceState !== now.instanceState && `${now.instanceId} is ${now.instanceState}`,
    status?.resumedFrom && !before?.status?.resumedFrom && `resumes at step ${status.resumedFrom.step ?? '?'}`,
    tenth(before) !== tenth(now) && now.progress !== null && progressLine(now.progress),
    stopping && !before?.status?.stopping && `saves and stops: ${stopping.reason}`,
    checkpoint &&
      before?.status?.lastCheckpoint?.sequence !== checkpoint.sequence &&
      `committed checkpoint ${checkpoint.name}`,
    stage !== undefined && before?.status?.stage !== stage && `stage ${stage}`,
    now.outcome !== null && before?.outcome !== now.outcome && `the node's last word: ${now.outcome}`,
  ];
  return lines.filter((line) => typeof line === 'string').map((line) => `attempt ${now.number}: ${line}`);
}

function progressLine({ step, total, metrics }: NonNullable<AttemptView['progress']>): string {
  const values = Object.entries(metrics).map(([name, value]) => ` ${name}=${value.toFixed(4)}`);
  return `step=${step ?? '?'} total=${total ?? '?'}${values.join('')}`;
}

function tenth(attempt: AttemptView | undefined): number | undefined {
  const progress = attempt?.progress;
  if (progress?.step == null || !progress.total) return undefined;
  return Math.floor((progress.step / progress.total) * TELLINGS);
}
