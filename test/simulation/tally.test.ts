import type { WorldSummary } from '../../simulation/shards';
import { Tally } from '../../simulation/tally';

const aSummary = (changes: Partial<WorldSummary> = {}): WorldSummary => ({
  ...{ seed: '7-0', sessions: 20, violations: [], events: 100, simulatedMs: 3_600_000, realMs: 1 },
  counts: { 'end: succeeded': 20 },
  ...changes,
});
const broken = { invariant: 'limits hold', sessionId: 's0', what: 'It cost too much.', atMs: 0 };

describe('the tally of a run', () => {
  it('adds up what happened in all worlds, and names those that broke a promise', () => {
    const tally = new Tally(2);
    tally.add(aSummary());
    tally.add(aSummary({ seed: '7-1', violations: [broken], counts: { 'end: succeeded': 19, 'end: Aborted': 1 } }));
    expect(tally.broken).toEqual([{ seed: '7-1', sessions: 20 }]);
    expect(tally.lines()).toEqual([
      expect.stringMatching(/^ {2}end: Aborted +1$/),
      expect.stringMatching(/^ {2}end: succeeded +39$/),
      expect.stringMatching(/^2 worlds, 200 events, 2 simulated hours, /),
    ]);
  });

  it('says once a minute how far it is', () => {
    let nowMs = 0;
    const tally = new Tally(5000, () => nowMs);
    nowMs = 59_000;
    expect(tally.add(aSummary())).toEqual([]);
    nowMs = 61_000;
    expect(tally.add(aSummary())).toEqual(['2 of 5000 worlds, 0 broken, 61.0 s']);
    expect(tally.add(aSummary())).toEqual([]);
  });
});
