/** Which ways from state to state an execution has taken. Pure. */
import { ms } from '../../core/time';
import type { StateTiming } from '../../core/view/state-timings';
import { EDGES, type Edge, type StateName } from './state-layout';

export interface Way extends Edge {
  isTaken: boolean;
}

/** From each of them a failure leads to ReleaseNodes. */
const WORKING: readonly StateName[] = ['PlanJob', 'LaunchNodes', 'RunTraining'];

/** `attempt`: the number of the newest one. A way past the others is there only when it was taken. */
export function ways(timings: readonly StateTiming[], attempt: number): Way[] {
  const visited = new Set(timings.map(({ state }) => state));
  const isTaken = ({ from, to, kind }: Edge) =>
    // RunTraining may be entered again without a new attempt: after a heartbeat that was missed.
    kind === 'again' ? attempt > 1 : visited.has(from) && visited.has(to);
  const failed = failedFrom(timings, visited);
  return [
    ...EDGES.map((edge) => ({ ...edge, isTaken: isTaken(edge) })),
    ...(failed === undefined
      ? []
      : [{ from: failed, to: 'ReleaseNodes', kind: 'failed', isTaken: true } satisfies Way]),
  ];
}

/** The state in which the execution was last, when not everything went well. */
function failedFrom(timings: readonly StateTiming[], visited: ReadonlySet<string>): StateName | undefined {
  if (!visited.has('ReleaseNodes') || visited.has('CollectResults')) return undefined;
  const entered = new Map(timings.map(({ state, lastEnteredAt }) => [state, ms(lastEnteredAt)]));
  const worked = WORKING.filter((state) => visited.has(state));
  return worked.toSorted((a, b) => (entered.get(a) ?? 0) - (entered.get(b) ?? 0)).at(-1);
}
