/** runctl.py, which training scripts may import: part of the agent's bundle, written where Python looks for it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import source from './python/runctl.py';

/** Returns the folder for PYTHONPATH. */
export function placePythonHelper(home: string): string {
  const folder = join(home, 'python');
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  writeFileSync(join(folder, 'runctl.py'), source, { mode: 0o644 });
  return folder;
}
