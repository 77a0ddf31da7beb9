/** A session as a line of a list: so little that a thousand of them travel at once. */
import type { SessionState } from './session-state';
import type { SessionView } from './session-view';

export interface SessionRow {
  sessionId: string;
  state: SessionState;
  isOver: boolean;
  name: string | null;
  project: string | null;
  owner: string | null;
  createdAt: string | null;
  endedAt: string | null;
  attempt: number;
  interruptions: number;
  step: number | null;
  total: number | null;
  /** 0..1 */
  fraction: number | null;
  etaSeconds: number | null;
  /** The first that training told of. */
  metric: { name: string; value: number } | null;
  /** null: unknown. */
  usd: number | null;
  knownUsd: number;
  maxUsd: number | null;
  usdPerHour: number | null;
  /** `m6i.large`, of the current attempt, or the one before as long as that has none. */
  instanceType: string | null;
  nodes: number;
  /** Name of the error that ended it. */
  error: string | null;
}

export function sessionRow(view: SessionView): SessionRow {
  const { sessionId, state, isOver, createdAt, endedAt, attempt, job, progress, cost, attempts, outcome } = view;
  const [metric] = Object.entries(progress?.metrics ?? {}).sort(lossFirst);
  const nodes = attempts.findLast((each) => each.number <= attempt && each.nodes.length > 0)?.nodes ?? [];
  return {
    ...{ sessionId, state, isOver, createdAt, endedAt, attempt },
    name: job?.name ?? null,
    project: job?.project ?? null,
    owner: job?.owner ?? null,
    interruptions: attempts.filter(({ end }) => end?.error === 'SpotInterrupted').length,
    step: progress?.step ?? null,
    total: progress?.total ?? null,
    fraction: progress?.fraction ?? null,
    etaSeconds: progress?.etaSeconds ?? null,
    metric: metric === undefined ? null : { name: metric[0], value: metric[1] },
    usd: cost?.usd ?? null,
    knownUsd: cost?.knownUsd ?? 0,
    maxUsd: cost?.maxUsd ?? null,
    usdPerHour: cost?.usdPerHour ?? null,
    instanceType: nodes[0]?.instanceType ?? null,
    nodes: nodes.length,
    error: outcome?.error ?? null,
  };
}

/** What is called a loss says most. */
export function lossFirst([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return Number(/loss/i.test(b)) - Number(/loss/i.test(a));
}
