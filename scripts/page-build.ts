/** Builds the web page into build/ui, when a source of it has changed. */
import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { modifiedMs, newestMs } from '../local/synthesize';

const ROOT = resolve(__dirname, '..');
export const PAGE_FOLDER = join(ROOT, 'build', 'ui');
const SOURCES = ['ui', 'core', 'schema', 'package-lock.json'];

/** Returns the page's folder. @throws Error with what Vite said when it fails. */
export async function builtPage(): Promise<string> {
  const builtMs = modifiedMs(join(PAGE_FOLDER, 'index.html'));
  if (SOURCES.every((source) => newestMs(join(ROOT, source)) <= builtMs)) return PAGE_FOLDER;
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  try {
    const args = [vite, 'build', '--config', 'ui/vite.config.mjs', '--logLevel', 'warn'];
    await promisify(execFile)(process.execPath, args, { cwd: ROOT });
    return PAGE_FOLDER;
  } catch (error) {
    const said =
      typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : String(error);
    throw new Error(`The page could not be built:\n${said.trim()}`);
  }
}
