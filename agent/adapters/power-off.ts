import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The instance's shutdown behaviour is terminate. `halt` would not trigger it. */
export async function powerOff(): Promise<void> {
  try {
    await run('systemctl', ['poweroff']);
  } catch {
    await run('shutdown', ['-h', 'now']);
  }
}
