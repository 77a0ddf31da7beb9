/**
 * A fast clock runs ahead of the real one, and what it dated is kept. So a cloud that starts again on the same folder starts
 * no earlier than where the last one stopped: else its records would be of the future.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Clock, ScaledClock } from './clock';

const SAVE_EVERY_MS = 2_000;
const fileSchema = z.object({ nowMs: z.number() });

export interface KeptClock {
  clock: Clock;
  /** Saves it for the last time. */
  close(): void;
}

/** `dataDir` must be there. */
export function openKeptClock(dataDir: string, speed: number): KeptClock {
  const path = join(dataDir, 'clock.json');
  const clock = new ScaledClock(speed, Math.max(Date.now(), lastMs(path)));
  const save = () => {
    writeFileSync(`${path}.new`, JSON.stringify({ nowMs: clock.now() }));
    renameSync(`${path}.new`, path);
  };
  save();
  const timer = setInterval(save, SAVE_EVERY_MS);
  timer.unref();
  const close = () => {
    clearInterval(timer);
    save();
  };
  return { clock, close };
}

function lastMs(path: string): number {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).nowMs;
  } catch {
    return 0;
  }
}
