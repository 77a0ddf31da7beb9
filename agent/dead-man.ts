import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** As user-data.sh arms it. */
export const DEAD_MAN_SECONDS = 1200;

/** Rewrites the countdown that powers the machine off at zero. */
export class DeadMan {
  constructor(private readonly home: string) {}

  touch(): void {
    const folder = join(this.home, 'deadman');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'countdown.new'), `${DEAD_MAN_SECONDS}\n`);
    renameSync(join(folder, 'countdown.new'), join(folder, 'countdown'));
  }
}
