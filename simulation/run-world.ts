/** Runs one world to its end and checks it after every event. */
import type { Assembly } from '../local/template/assembly';
import type { Programs } from './bundles/programs';
import { Counts } from './counts';
import type { FaultProfile } from './faults/profile';
import { INVARIANTS, type Invariant, type Violation } from './invariants';
import type { Entry } from './observer';
import { World } from './world';

export interface RunOptions {
  seed: string;
  sessions: number;
  faults: FaultProfile;
  assembly: Assembly;
  programs: Programs;
  invariants?: readonly (() => Invariant)[];
  /** What happened is counted alone, not kept: the memory of a world is most of what it takes. */
  countsOnly?: boolean;
}

export interface WorldReport {
  seed: string;
  /** Empty with `countsOnly`. */
  entries: readonly Entry[];
  counts: Counts;
  violations: readonly Violation[];
  events: number;
  simulatedMs: number;
  world: World;
}

const HOUR_MS = 60 * 60_000;
/** A world in which something still goes on after this long never comes to its end. */
const LONGEST_MS = 30 * HOUR_MS;
/** Late events arrive, and may do no harm any more. */
const AFTERMATH_MS = HOUR_MS / 4;

export async function runWorld(options: RunOptions): Promise<WorldReport> {
  const entries: Entry[] = [];
  const counts = new Counts();
  const violations: Violation[] = [];
  const invariants = (options.invariants ?? INVARIANTS).map((create) => create());
  const world: World = new World({
    ...options,
    onHappening: (entry) => {
      counts.add(entry.happening);
      if (options.countsOnly !== true) entries.push(entry);
      for (const invariant of invariants) {
        const violation = invariant.see?.(entry.happening, world);
        if (violation) violations.push({ ...violation, invariant: invariant.name, atMs: entry.atMs });
      }
    },
  });
  await world.begin();
  let events = 0;
  let endsAtMs = LONGEST_MS;
  while (violations.length === 0 && world.sinceBeginningMs < endsAtMs && world.clock.step()) {
    await World.settled();
    events += 1;
    for (const invariant of invariants) {
      const violation = invariant.check?.(world);
      if (violation) violations.push({ ...violation, invariant: invariant.name, atMs: world.sinceBeginningMs });
    }
    if (endsAtMs === LONGEST_MS && world.isOver) endsAtMs = world.sinceBeginningMs + AFTERMATH_MS;
  }
  if (violations.length === 0) {
    for (const invariant of invariants) {
      const violation = invariant.atEnd?.(world);
      if (violation) violations.push({ ...violation, invariant: invariant.name, atMs: world.sinceBeginningMs });
    }
  }
  return { seed: options.seed, entries, counts, violations, events, simulatedMs: world.sinceBeginningMs, world };
}
