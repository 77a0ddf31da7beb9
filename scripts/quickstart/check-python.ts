/** The example trains with Python: said at once when it is missing, not by a failed job a minute later. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const LEAST = [3, 9] as const;

/** @throws Error that says what to install. */
export async function checkPython(command = 'python3'): Promise<void> {
  const version = await pythonVersion(command);
  const [major = 0, minor = 0] = version?.split('.').map(Number) ?? [];
  const isEnough = major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
  if (isEnough) return;
  const found = version === undefined ? `${command} was not found` : `${command} is ${version}`;
  throw new Error(
    `The example trains with Python ${LEAST.join('.')} or later, but ${found}.\n` +
      'Install it (Debian, Ubuntu: apt-get install python3; macOS: brew install python3) and run this again.',
  );
}

async function pythonVersion(command: string): Promise<string | undefined> {
  try {
    const script = 'import sys; print("%d.%d" % sys.version_info[:2])';
    return (await promisify(execFile)(command, ['-c', script])).stdout.trim();
  } catch {
    return undefined;
  }
}
