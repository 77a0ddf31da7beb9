/** Bundles the agent into one file, build/agent/agent.cjs, that runs on Node 20 and later. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const root = join(__dirname, '..');
const outfile = join(root, 'build', 'agent', 'agent.cjs');

buildSync({
  entryPoints: [join(root, 'agent', 'main.ts')],
  outfile,
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  logLevel: 'error',
});
console.log(`${outfile}: ${Math.round(statSync(outfile).size / 1024)} KiB`);
