/** The simulation keeps its own promises: a seed is a world, and worlds that went wrong once stay right. */
import { resolve } from 'node:path';
import { loadAssembly } from '../../local/template/assembly';
import { buildBundles } from '../../simulation/bundles/bundles';
import { createPrograms, type Programs } from '../../simulation/bundles/programs';
import { ALL_FAULTS, NO_FAULTS } from '../../simulation/faults/profile';
import { type RunOptions, runWorld } from '../../simulation/run-world';
import { timelineOf } from '../../simulation/timeline';
import { REGRESSIONS } from './regressions';

const ROOT = resolve(__dirname, '../..');
const assembly = loadAssembly(resolve(ROOT, 'cdk.out'));
let programs: Programs;
beforeAll(async () => {
  programs = createPrograms(await buildBundles(ROOT));
}, 120_000);

const run = (options: Pick<RunOptions, 'seed' | 'sessions' | 'faults'>) => runWorld({ ...options, assembly, programs });

describe('a world', () => {
  it('keeps every promise, and every job comes to its end, when nothing goes wrong', async () => {
    const { violations, world } = await run({ seed: 'quiet', sessions: 6, faults: NO_FAULTS });
    expect(violations).toEqual([]);
    const results = [...world.sessions.values()].map(({ outcome }) => outcome?.result);
    expect(results).toHaveLength(6);
    expect(results).toContain('succeeded');
  }, 120_000);

  it('is the same again with the same seed, event by event, and another one with another', async () => {
    const lines = async (seed: string) => timelineOf(await run({ seed, sessions: 3, faults: ALL_FAULTS }), 'all');
    const first = await lines('same');
    expect(await lines('same')).toEqual(first);
    expect(await lines('other')).not.toEqual(first);
  }, 120_000);
});

describe('a world that once broke a promise keeps it', () => {
  it.each(REGRESSIONS)(
    '$seed: $story',
    async ({ seed, sessions, faults }) => {
      const { violations } = await run({ seed, sessions, faults });
      expect(violations).toEqual([]);
    },
    120_000,
  );
});
