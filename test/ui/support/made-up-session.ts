/** A session with two interruptions behind it, made up: everything that a page about one can show. */
import type { CommittedCheckpoint, Stage, StageTiming } from '../../../core/node/node-status';
import type { Attempt, Session } from '../../../core/session/session';
import { iso, MINUTE_MS, SECOND_MS } from '../../../core/time';
import type { CheckpointView } from '../../../core/view/checkpoint-view';
import { type AttemptMetrics, MetricReader } from '../../../core/view/metric-history';
import type { StateTiming } from '../../../core/view/state-timings';
import { aFinal, aNode, anAttempt, aSession, NOW } from '../../support/sessions';

const BEGAN_MS = NOW - 200 * MINUTE_MS;
const TOTAL = 30_000;

interface Part {
  number: number;
  beganMs: number;
  endMs: number | null;
  steps: readonly [from: number, to: number];
}

const PARTS: readonly Part[] = [
  { number: 1, beganMs: BEGAN_MS, endMs: BEGAN_MS + 70 * MINUTE_MS, steps: [0, 9_400] },
  { number: 2, beganMs: BEGAN_MS + 71 * MINUTE_MS, endMs: BEGAN_MS + 118 * MINUTE_MS, steps: [9_400, 14_900] },
  { number: 3, beganMs: BEGAN_MS + 120 * MINUTE_MS, endMs: null, steps: [14_900, 23_850] },
];

function stagesOf({ beganMs, endMs }: Part): StageTiming[] {
  const lengths: [Stage, number][] = [
    ['boot', 40],
    ['code', 12],
    ['data', 95],
    ['wait', 15],
    ['resume', 20],
  ];
  let atMs = beganMs + 70 * SECOND_MS;
  const stages = lengths.map(([stage, seconds]): StageTiming => {
    const timing = { stage, startedAt: iso(atMs), seconds };
    atMs += seconds * SECOND_MS;
    return timing;
  });
  const uploadMs = (endMs ?? 0) - 55 * SECOND_MS;
  if (endMs === null) return [...stages, { stage: 'train', startedAt: iso(atMs), seconds: null }];
  return [
    ...stages,
    { stage: 'train', startedAt: iso(atMs), seconds: (uploadMs - atMs) / SECOND_MS },
    { stage: 'upload', startedAt: iso(uploadMs), seconds: 45 },
  ];
}

function checkpointAt(step: number, atMs: number): CommittedCheckpoint {
  const name = `step-${String(step).padStart(6, '0')}.pt`;
  return { name, step, sequence: step, sizeBytes: 98_123_456, committedAt: iso(atMs), uploadSeconds: 3.4 };
}

function attemptOf(part: Part): Attempt {
  const { number, beganMs, endMs, steps } = part;
  const stages = stagesOf(part);
  const lastCheckpoint = checkpointAt(steps[1], (endMs ?? NOW) - 60 * SECOND_MS);
  const progress = {
    step: steps[1],
    total: TOTAL,
    metrics: { loss: 0.812, accuracy: 0.871, learning_rate: 0.00021, grad_norm: 1.42 },
    etaSeconds: endMs === null ? 2_460 : null,
    steppedAt: iso(endMs ?? NOW),
  };
  const from = PARTS[number - 2];
  const resumedFrom = from === undefined ? null : resumedAt(from.steps[1]);
  const told = { stages, progress, lastCheckpoint, resumedFrom };
  const final = aFinal({
    attempt: number,
    outcome: 'interrupted',
    reason: 'SpotNotice',
    shutdown: { noticeToSignalSeconds: 1.2, saveSeconds: 6.4, uploadSeconds: 9.1 },
    ...told,
  });
  const node = aNode({
    instanceId: `i-0000000000000000${number}`,
    launchedAt: iso(beganMs + 4 * SECOND_MS),
    status: { stage: 'train', ...told },
    ...(endMs === null
      ? {}
      : { final, state: 'terminated', stateSince: iso(endMs), noticeAt: iso(endMs - 70 * SECOND_MS) }),
  });
  const message = 'AWS took the spot instance back; everything that it saved is uploaded.';
  const verdict = endMs === null ? null : { error: 'SpotInterrupted' as const, message, at: iso(endMs) };
  return anAttempt({ number, beganAt: iso(beganMs), nodes: [node], verdict });
}

const resumedAt = (step: number) => ({
  userId: 'AROANODE:i-0',
  sequence: step,
  step,
  name: checkpointAt(step, 0).name,
});

export function madeUpSession(sessionId: string): Session {
  const job = {
    name: 'gpt-350m',
    project: 'nlp-pretraining',
    owner: 'ben@example.com',
    command: 'torchrun train.py --config configs/350m.yaml',
    code: 's3://bucket/code/gpt.tar.gz',
    resources: { instanceTypes: ['g5.xlarge', 'g4dn.xlarge'] },
    limits: { maxUsd: 3, maxHours: 12 },
  };
  const timeline = PARTS.flatMap(({ number, beganMs, endMs }) => [
    { at: iso(beganMs), what: `Attempt ${number} launched on 1 spot instance` },
    ...(endMs === null ? [] : [{ at: iso(endMs), what: `Attempt ${number} ended: AWS took the spot instance back` }]),
  ]);
  return aSession({ sessionId, createdAt: iso(BEGAN_MS), attempts: PARTS.map(attemptOf), timeline }, job);
}

export function madeUpMetrics(): AttemptMetrics[] {
  return PARTS.map(({ number, steps: [from, to] }) => {
    const reader = new MetricReader();
    for (let step = from + 50; step <= to; step += 50) {
      const wave = Math.sin(step / 37) * Math.cos(step / 151);
      reader.take(step, {
        loss: 3.1 * Math.exp(-step / 6_000) + 0.75 + wave * 0.05,
        accuracy: 0.9 - 0.8 * Math.exp(-step / 5_000) + wave * 0.01,
        learning_rate: 0.0006 * Math.min(1, step / 1_500) * Math.cos((step / TOTAL) * 1.3) ** 2,
        grad_norm: 1.4 + wave * 0.4 + 6 * Math.exp(-step / 800),
      });
    }
    return { attempt: number, metrics: reader.metrics(1_600) };
  });
}

export function madeUpCheckpoints(): CheckpointView[] {
  return PARTS.flatMap((part) => {
    const { number, steps, endMs } = part;
    const states = ['torn', 'whole', 'verified'] as const;
    return [1, 2, 3].map((nth): CheckpointView => {
      const step = Math.round(steps[0] + ((steps[1] - steps[0]) * nth) / 3);
      const atMs = part.beganMs + (((endMs ?? NOW) - part.beganMs) * nth) / 3 - 60 * SECOND_MS;
      const isTorn = number === 2 && nth === 1;
      return {
        ...checkpointAt(step, atMs),
        attempt: number,
        files: 1,
        ageSeconds: (NOW - atMs) / SECOND_MS,
        state: isTorn ? states[0] : nth === 3 && number < 3 ? states[2] : states[1],
        resumedBy: nth === 3 && number < 3 ? [number + 1] : [],
        uri: `s3://bucket/nodes/AROANODE:i-0000000000000000${number}/checkpoints/${String(step).padStart(6, '0')}/`,
        problems: isTorn ? ['model.pt has 1024 bytes instead of 98123456'] : [],
      };
    });
  }).toReversed();
}

const visited = (state: string, visits: number, seconds: number): StateTiming => ({
  ...{ state, visits, seconds, enteredAt: null },
  ...{ firstEnteredAt: iso(BEGAN_MS), lastEnteredAt: iso(BEGAN_MS) },
});

export const MADE_UP_STATES: StateTiming[] = [
  visited('PlanJob', 1, 1.8),
  visited('LaunchNodes', 4, 9.3),
  visited('WaitForCapacity', 1, 60),
  { ...visited('RunTraining', 3, 7_020), enteredAt: iso(NOW - 78 * MINUTE_MS) },
];
