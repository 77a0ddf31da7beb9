/** Worlds in which something was found, one a bug: see docs/simulation.md. */
import { ALL_FAULTS, type FaultProfile } from '../../simulation/faults/profile';

export interface Regression {
  seed: string;
  sessions: number;
  faults: FaultProfile;
  /** What the simulation saw. */
  story: string;
}

const WHOLE = { sessions: 20, faults: ALL_FAULTS } as const;

export const REGRESSIONS: readonly Regression[] = [
  {
    ...WHOLE,
    seed: 'a-7',
    story: 'a restarted agent took a checkpoint that had been skipped for the newest, and pruned the newest for it',
  },
];
