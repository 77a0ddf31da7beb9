/** Sessions as a list has them, made up: the same for the same count. */
import { iso, MINUTE_MS } from '../../../core/time';
import type { SessionRow } from '../../../core/view/session-row';
import type { SessionState } from '../../../core/view/session-state';
import { NOW } from '../../support/sessions';

const STATES: readonly SessionState[] = ['succeeded', 'succeeded', 'failed', 'succeeded', 'stopped', 'succeeded'];
const RUNNING: readonly SessionState[] = [
  'training',
  'saving',
  'training',
  'waiting for capacity',
  'staging',
  'training',
];
const JOBS = ['resnet50-finetune', 'whisper-small', 'two-tower', 'gpt-350m', 'sweep', 'digits'];
const PROJECTS = ['vision', 'speech', 'recsys', 'nlp-pretraining', 'protein folding'];
const OWNERS = ['ana', 'ben@example.com', 'chidi', 'dora'];
const TYPES = ['g5.xlarge', 'g4dn.xlarge', 'p4d.24xlarge', 'm6i.large'];
const ERRORS: Partial<Record<SessionState, string>> = { failed: 'TrainingFailed', stopped: 'BudgetReached' };
/** So many of the newest run. */
const RUNNING_COUNT = 6;

const at = <T>(items: readonly T[], index: number): T => items[index % items.length] as T;

export function madeUpRows(count: number): SessionRow[] {
  return Array.from({ length: count }, (_, index) => madeUpRow(index));
}

function madeUpRow(index: number): SessionRow {
  const isOver = index >= RUNNING_COUNT;
  const state = at(isOver ? STATES : RUNNING, index);
  const job = at(JOBS, index * 5 + 1);
  const createdMs = NOW - (index * 37 + 12) * MINUTE_MS;
  const isWaiting = state === 'waiting for capacity';
  const total = 20_000 + (index % 7) * 5_000;
  const step = state === 'succeeded' ? total : Math.round(total * (0.15 + ((index * 13) % 70) / 100));
  const interruptions = index % 4 === 1 ? (index % 3) + 1 : 0;
  const usd = 0.4 + ((index * 29) % 230) / 10;
  return {
    sessionId: `${job}-${iso(createdMs).slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}`,
    ...{ state, isOver, interruptions, name: job },
    project: at(PROJECTS, index * 3),
    owner: at(OWNERS, index * 7),
    createdAt: iso(createdMs),
    endedAt: isOver ? iso(createdMs + (30 + (index % 50)) * MINUTE_MS) : null,
    attempt: interruptions + 1,
    step: isWaiting ? null : step,
    total: isWaiting ? null : total,
    fraction: isWaiting ? null : step / total,
    etaSeconds: state === 'training' ? 900 + index * 700 : null,
    metric: isWaiting ? null : { name: 'loss', value: 3 / (1 + index) ** 0.4 },
    usd: index % 11 === 3 ? null : usd,
    knownUsd: usd,
    maxUsd: index % 2 === 0 ? 25 : null,
    usdPerHour: isOver || isWaiting ? null : 0.5 + index / 10,
    instanceType: isWaiting ? null : at(TYPES, index),
    nodes: index % 9 === 2 ? 4 : 1,
    error: ERRORS[state] ?? null,
  };
}
