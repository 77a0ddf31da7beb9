/** S3 is away while a node looks for what it must have before it can train. */
import { resume } from '../../agent/checkpoints/resume';
import { CheckpointShelf } from '../../agent/checkpoints/shelf';
import { STORAGE_PATIENCE_MS } from '../../agent/retry';
import { LEASE_MINUTES } from '../../core/node/lease';
import { MINUTE_MS } from '../../core/time';
import { MemoryStore } from './memory-store';

/** Sleeping is all that takes time; S3 is back after so many minutes. */
function backAfter(minutes: number) {
  let nowMs = 0;
  const store = new MemoryStore(() => nowMs);
  store.isDown = true;
  const sleep = async (durationMs: number) => {
    nowMs += durationMs;
    store.isDown = nowMs < minutes * MINUTE_MS;
  };
  const clock = { now: () => nowMs, monotonic: () => nowMs, sleep };
  return { clock, log: () => {}, warn: () => {}, store, bucket: 'b' };
}

const resumeAfter = (minutes: number) =>
  resume({
    ...backAfter(minutes),
    ...{ onBytes: () => {}, candidates: ['AROA1:i-0a'], rank: 0 },
    ...{ checkpointFolder: '/nowhere/checkpoints', root: '/nowhere', scratchFolder: '/nowhere/scratch' },
  });

const recallAfter = (minutes: number) =>
  new CheckpointShelf({ ...backAfter(minutes), userId: 'AROA1:i-0a', keepLast: 3 }).recall();

it('is waited for as long as the lease lasts: it is the lease that ends the attempt, and another one goes on', async () => {
  expect(STORAGE_PATIENCE_MS).toBeGreaterThan(LEASE_MINUTES * MINUTE_MS);
  expect(await resumeAfter(LEASE_MINUTES)).toBeUndefined();
  await recallAfter(LEASE_MINUTES);
});

it('is not waited for without end', async () => {
  await expect(resumeAfter(24 * 60)).rejects.toThrow();
  await expect(recallAfter(24 * 60)).rejects.toThrow();
});
