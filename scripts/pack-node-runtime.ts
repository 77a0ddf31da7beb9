/**
 * Fetches the pinned Node runtime of an architecture from the npm registry, checks its SHA-256 and prints its path:
 * what `cdk deploy` expects of an asset's executable. Usage: tsx scripts/pack-node-runtime.ts x86_64|arm64
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_RUNTIMES, type NodeRuntime } from '../lib/node-runtime';
import { PROJECT_ROOT } from '../lib/project-root';

const FOLDER = join(PROJECT_ROOT, 'build', 'node-runtime');

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** @throws Error when what the registry sends is not what is pinned */
function fetchRuntime({ npmPackage, version, sha256: pinned }: NodeRuntime): string {
  const path = join(FOLDER, `${npmPackage}-${version}.tgz`);
  if (existsSync(path) && sha256(path) === pinned) return path;
  mkdirSync(FOLDER, { recursive: true });
  execFileSync('npm', ['pack', `${npmPackage}@${version}`, '--silent', '--pack-destination', FOLDER], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const found = sha256(path);
  if (found !== pinned) throw new Error(`${npmPackage}@${version}: SHA-256 is ${found}, ${pinned} is pinned.`);
  return path;
}

const [architecture] = process.argv.slice(2);
if (architecture !== 'x86_64' && architecture !== 'arm64') {
  console.error('Usage: tsx scripts/pack-node-runtime.ts x86_64|arm64');
  process.exitCode = 2;
} else {
  process.stdout.write(`${fetchRuntime(NODE_RUNTIMES[architecture])}\n`);
}
