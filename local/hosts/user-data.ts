/** What cloud-init does with a script in user data: decodes it, runs it once, keeps its output. */
import { spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface UserDataRun {
  /** Root folder of the host. */
  folder: string;
  instanceId: string;
  /** Base64. */
  userData: string;
  environment: NodeJS.ProcessEnv;
}

function decode(userData: string): string {
  const bytes = Buffer.from(userData, 'base64');
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return (isGzip ? gunzipSync(bytes) : bytes).toString('utf8');
}

/**
 * Runs the user data; output goes to var/log/cloud-init-output.log. Resolves with the script's exit code, or null when a
 * signal ended it.
 * @throws Error when the user data is no script (cloud-config and MIME archives are not supported)
 */
export async function runUserData(run: UserDataRun): Promise<number | null> {
  const logPath = join(run.folder, 'var/log/cloud-init-output.log');
  mkdirSync(dirname(logPath), { recursive: true });
  const log = openSync(logPath, 'a');
  try {
    const script = decode(run.userData);
    if (!script.startsWith('#!')) {
      const message = 'The local cloud runs user data only when it is a script that starts with #!';
      writeSync(log, `${message}\n`);
      throw new Error(message);
    }
    const scriptPath = join(run.folder, 'var/lib/cloud/instances', run.instanceId, 'scripts/part-001');
    mkdirSync(dirname(scriptPath), { recursive: true });
    writeFileSync(scriptPath, script);
    chmodSync(scriptPath, 0o700);
    const child = spawn(scriptPath, [], {
      cwd: run.folder,
      env: run.environment,
      detached: true,
      stdio: ['ignore', log, log],
    });
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
  } finally {
    closeSync(log);
  }
}
