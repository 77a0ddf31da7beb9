/** `cdk synth` into a folder of its own. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

/** @throws Error with what cdk said. */
export async function synthesize(rootDir: string, outputDir: string, signal?: AbortSignal): Promise<void> {
  const cdk = path.join(rootDir, 'node_modules/aws-cdk/bin/cdk');
  const args = [cdk, 'synth', '--quiet', '--no-notices', '--output', outputDir];
  const env = { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true' };
  await promisify(execFile)(process.execPath, args, { cwd: rootDir, env, ...(signal && { signal }) });
}
