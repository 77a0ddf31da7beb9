import { closeSync, ftruncateSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** As user-data.sh arms it. */
export const DEAD_MAN_SECONDS = 1200;

/** Rewrites the countdown that powers the machine off at zero. */
export class DeadMan {
  constructor(private readonly home: string) {}

  touch(): void {
    const folder = join(this.home, 'deadman');
    const countdown = join(folder, 'countdown');
    const text = `${DEAD_MAN_SECONDS}\n`;
    try {
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${countdown}.new`, text);
      renameSync(`${countdown}.new`, countdown);
    } catch {
      overwrite(countdown, text);
    }
  }
}

/** A full disk has room for what takes the place of something: a machine must not power off because of it. */
function overwrite(path: string, text: string): void {
  const file = openSync(path, 'r+');
  try {
    writeSync(file, text, 0);
    ftruncateSync(file, text.length);
  } finally {
    closeSync(file);
  }
}
