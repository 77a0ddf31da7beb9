import type { NodeStatus, StageTiming } from '../../core/node/node-status';
import type { AttemptView, RunView } from '../../scripts/quickstart/run-view';

const AT = '2026-01-01T00:00:00.000Z';

export function stages(...timings: [StageTiming['stage'], number | null][]): StageTiming[] {
  return timings.map(([stage, seconds]) => ({ stage, seconds, startedAt: AT }));
}

export function checkpoint(step: number, sequence: number): NonNullable<NodeStatus['lastCheckpoint']> {
  const name = `step-${String(step).padStart(6, '0')}.json`;
  return { name, step, sequence, sizeBytes: 1000, committedAt: AT, uploadSeconds: 0.1 };
}

export function progress(step: number, total = 630): NonNullable<AttemptView['progress']> {
  return { step, total, metrics: { loss: 0.25, accuracy: 0.95 }, etaSeconds: (total - step) / 42, steppedAt: AT };
}

export function status(
  overrides: Partial<NonNullable<AttemptView['status']>> = {},
): NonNullable<AttemptView['status']> {
  return {
    stage: 'train',
    stages: stages(['code', 0.2], ['data', 0.1], ['train', null]),
    lastCheckpoint: null,
    resumedFrom: null,
    stopping: null,
    ...overrides,
  };
}

export function attempt(overrides: Partial<AttemptView> = {}): AttemptView {
  return {
    number: 1,
    instanceId: 'i-0000000000000000a',
    instanceType: 'm7i.large',
    zone: 'us-east-1a',
    instanceState: 'running',
    status: status(),
    progress: progress(315),
    outcome: null,
    ...overrides,
  };
}

export function runView(overrides: Partial<RunView> = {}): RunView {
  return {
    sessionId: 'digits-20260101-000000',
    elapsedSeconds: 12.3,
    execution: { status: 'RUNNING', state: 'RunTraining' },
    attempts: [attempt()],
    notes: [],
    ...overrides,
  };
}
