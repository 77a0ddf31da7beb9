/** How long an execution was in each state of its state machine, from its history. Pure. */
import { ms, SECOND_MS } from '../time';

/** An event of the history that enters or leaves a state. */
export interface StateEvent {
  id: number;
  /** ISO 8601. */
  at: string;
  kind: 'entered' | 'exited';
  state: string;
}

export interface StateTiming {
  state: string;
  visits: number;
  /** Of all visits that are over. */
  seconds: number;
  /** Of the visit that goes on; null: it is not in this state. ISO 8601. */
  enteredAt: string | null;
  /** Of the first visit. */
  firstEnteredAt: string;
  /** Of the last visit. */
  lastEnteredAt: string;
}

/** In the order in which the states were first entered. `endedAt`: an execution that is over is in no state. */
export function stateTimings(events: readonly StateEvent[], endedAt: string | null): StateTiming[] {
  const timings = new Map<string, StateTiming>();
  for (const { state, kind, at } of events.toSorted((a, b) => a.id - b.id)) {
    const before = timings.get(state) ?? unvisited(state, at);
    const { visits } = before;
    timings.set(
      state,
      kind === 'entered'
        ? { ...left(before, at), visits: visits + 1, enteredAt: at, lastEnteredAt: at }
        : left(before, at),
    );
    // One state at a time: a caught error leaves without a word.
    if (kind === 'entered')
      for (const other of timings.values()) if (other.state !== state) timings.set(other.state, left(other, at));
  }
  return [...timings.values()].map((timing) => (endedAt === null ? timing : left(timing, endedAt)));
}

const unvisited = (state: string, at: string): StateTiming => ({
  ...{ state, visits: 0, seconds: 0, enteredAt: null },
  ...{ firstEnteredAt: at, lastEnteredAt: at },
});

function left(timing: StateTiming, at: string): StateTiming {
  if (timing.enteredAt === null) return timing;
  const seconds = timing.seconds + Math.max(0, ms(at) - ms(timing.enteredAt)) / SECOND_MS;
  return { ...timing, seconds, enteredAt: null };
}
