import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { PROJECT_ROOT } from './project-root';

/** Bundles the agent into one file for any Node from 20 on, and returns its path. */
export function bundleAgent(): string {
  const outfile = join(PROJECT_ROOT, 'build', 'agent', 'agent.cjs');
  buildSync({
    entryPoints: [join(PROJECT_ROOT, 'agent', 'main.ts')],
    outfile,
    absWorkingDir: PROJECT_ROOT,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    keepNames: true,
    legalComments: 'none',
    logLevel: 'error',
  });
  return outfile;
}
