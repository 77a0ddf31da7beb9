/** The simulation itself is tested: with a mistake built in, a promise is broken, and the right one. */
import { resolve } from 'node:path';
import { loadAssembly } from '../../local/template/assembly';
import { buildBundles } from '../../simulation/bundles/bundles';
import { createPrograms } from '../../simulation/bundles/programs';
import { runWorld } from '../../simulation/run-world';
import { SEEDED_BUGS } from './seeded-bugs';

const ROOT = resolve(__dirname, '../..');

describe('a seeded bug is found', () => {
  it.each(SEEDED_BUGS)(
    '$name',
    async ({ changes, caughtBy, seed, sessions, faults }) => {
      const programs = createPrograms(await buildBundles(ROOT, changes));
      const assembly = loadAssembly(resolve(ROOT, 'cdk.out'));
      const { violations } = await runWorld({ seed, sessions, faults, assembly, programs });
      expect(violations.map(({ invariant }) => invariant)).toEqual(expect.arrayContaining([expect.any(String)]));
      expect(caughtBy).toContain(violations[0]?.invariant);
    },
    300_000,
  );
});
