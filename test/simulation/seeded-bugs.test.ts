/** The simulation itself is tested: with a mistake built in, a promise is broken, and the right one. */
import { resolve } from 'node:path';
import { loadAssembly } from '../../local/template/assembly';
import { buildBundles } from '../../simulation/bundles/bundles';
import { createPrograms } from '../../simulation/bundles/programs';
import { runWorld } from '../../simulation/run-world';
import { SEEDED_BUGS } from './seeded-bugs';

const ROOT = resolve(__dirname, '../..');
/** Any change of the code makes another world of a seed: the one that showed a mistake may show it no more. */
const MOST_WORLDS = 10;

describe('a seeded bug is found', () => {
  it.each(SEEDED_BUGS)(
    '$name',
    async ({ changes, caughtBy, seed, sessions, faults }) => {
      const programs = createPrograms(await buildBundles(ROOT, changes));
      const assembly = loadAssembly(resolve(ROOT, 'cdk.out'));
      const broken: string[] = [];
      for (let world = 0; world < MOST_WORLDS && broken.length === 0; world++) {
        const options = { seed: world === 0 ? seed : `${seed}-${world}`, sessions, faults, assembly, programs };
        broken.push(...(await runWorld(options)).violations.map(({ invariant }) => invariant));
      }
      expect(broken).not.toEqual([]);
      expect(caughtBy).toContain(broken[0]);
    },
    300_000,
  );
});
