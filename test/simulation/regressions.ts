/** Worlds in which something was found, one a bug: see docs/simulation.md. */
import { ALL_FAULTS, type FaultProfile, NO_FAULTS } from '../../simulation/faults/profile';

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
  {
    seed: 'b-4',
    sessions: 20,
    faults: { ...NO_FAULTS, outages: ALL_FAULTS.outages },
    story: 'functions were away for 20 minutes: jobs submitted meanwhile were refused, and nobody was told',
  },
  {
    seed: 'b-5',
    sessions: 20,
    faults: { ...NO_FAULTS, api: ALL_FAULTS.api, launches: ALL_FAULTS.launches },
    story: 'an instance was lost before launch-nodes had recorded it, and its session ended instead of launching anew',
  },
  {
    ...WHOLE,
    seed: '55120987-8',
    story:
      'an upload that went on past its node’s last word committed a checkpoint that the next attempt had not waited for',
  },
];
