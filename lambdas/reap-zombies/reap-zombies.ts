/**
 * Nothing of runctl's stays on the bill that no session accounts for, and no checkpoint is kept for ever. One pass every
 * ten minutes; passes never overlap. Each part is done whatever becomes of the others.
 */
import type { Lock } from '../../core/ports';
import type { ReapSettings } from '../../core/zombies/judge';
import { errorFields } from '../shared/log';
import { type DigestDeps, Digests } from './digests';
import { type KeepDeps, keepCheckpoints } from './keep-checkpoints';
import { type SweepDeps, sweep } from './sweep';

export interface ReapZombiesDeps extends SweepDeps, DigestDeps, KeepDeps {
  marks: SweepDeps['marks'];
  register: SweepDeps['register'];
  lock: Lock;
  /** Unique to this invocation. */
  holder: string;
  settings: ReapSettings;
}

const LOCK_NAME = 'reap-zombies';
/** At least the function's own time-out: a pass that died frees it by then. */
export const LOCK_SECONDS = 300;

/** `isComplete` false: time was over, the next pass goes on. Throws the first error at the end, when there was one. */
export async function reapZombies(deps: ReapZombiesDeps): Promise<{ isComplete: boolean }> {
  const { lock, holder, log } = deps;
  if (!(await lock.acquire(LOCK_NAME, holder, LOCK_SECONDS))) {
    log.info('Another pass is still going on', {});
    return { isComplete: false };
  }
  try {
    return await pass(deps);
  } finally {
    await lock.release(LOCK_NAME, holder);
  }
}

async function pass(deps: ReapZombiesDeps): Promise<{ isComplete: boolean }> {
  const { settings, holder: passId, clock, log } = deps;
  const digests = new Digests();
  const failures: unknown[] = [];
  let isComplete = true;
  const part = async (name: string, work: () => Promise<boolean>) => {
    try {
      isComplete = (await work()) && isComplete;
    } catch (error) {
      failures.push(error);
      log.error('A part of the pass failed', { part: name, ...errorFields(error) });
    }
  };
  await part('sweep', () => sweep(deps, { passId, now: clock.now(), settings }, digests));
  await part('tell', async () => {
    await digests.tell(deps);
    return true;
  });
  await part('retention', () => keepCheckpoints(deps));
  if (failures.length > 0) throw failures[0];
  return { isComplete };
}
