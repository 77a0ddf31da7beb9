import { join } from 'node:path';
import { systemClock } from '../../agent/adapters/system-clock';
import type { ObjectStore } from '../../agent/ports';
import type { StageOptions } from '../../agent/staging/stage-objects';

/** A disk with room, and nobody who listens. */
export const stageOptions = (store: ObjectStore, home: string): StageOptions => ({
  clock: systemClock,
  log: () => {},
  store,
  signal: new AbortController().signal,
  freeBytes: async () => 2 ** 40,
  volumeGiB: 100,
  partials: join(home, 'partials'),
  onBegin: () => {},
});
