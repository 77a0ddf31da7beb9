/**
 * The worker's program in one piece of plain JavaScript: Node 20 cannot load TypeScript by itself, and hooks that make it
 * able to cost each worker seconds and each function its speed.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { withCheapNames } from './bundles';

const ROOT = resolve(__dirname, '../..');
/** Below node_modules, so that the program finds the libraries. */
const CACHE = join(ROOT, 'node_modules', '.cache');

/** `use` gets the path of the program, which is there until it is done. */
export async function withWorkerProgram(use: (path: string) => Promise<void>): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'simulation', 'worker.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    packages: 'external',
    keepNames: true,
    logLevel: 'error',
  });
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'simulation-'));
  try {
    const path = join(folder, 'worker.cjs');
    writeFileSync(path, withCheapNames(outputFiles[0]?.text ?? ''));
    await use(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
