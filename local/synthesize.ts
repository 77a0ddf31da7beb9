/** Runs `cdk synth` when its output is missing or older than what it is made from. */
import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Everything that goes into the assembly. */
const SOURCES = [
  'agent',
  'aws',
  'bin/app.ts',
  'cdk.json',
  'core',
  'lambdas',
  'lib',
  'package-lock.json',
  'statemachines',
];

/** True when `assemblyDir` holds no assembly, or a source in `root` has changed since it was written. */
export function isStale(root: string, assemblyDir: string): boolean {
  const synthesizedMs = modifiedMs(join(assemblyDir, 'manifest.json'));
  return SOURCES.some((source) => newestMs(join(root, source)) > synthesizedMs);
}

/** @throws Error with what the CDK app said when it fails. */
export async function synthesize(root: string, assemblyDir: string): Promise<void> {
  const cdk = join(root, 'node_modules/aws-cdk/bin/cdk');
  const args = [cdk, 'synth', '--quiet', '--no-notices', '--output', assemblyDir];
  const env = { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true' };
  try {
    await promisify(execFile)(process.execPath, args, { cwd: root, env, maxBuffer: 2 ** 24 });
  } catch (error) {
    const said =
      typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : String(error);
    throw new Error(`cdk synth failed:\n${said.trim()}`);
  }
}

/** 0 when there is no such file. */
export function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Of a file, or of the newest file below a folder. */
export function newestMs(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  const inside = readdirSync(path).map((name) => newestMs(join(path, name)));
  return Math.max(stats.mtimeMs, ...inside);
}
