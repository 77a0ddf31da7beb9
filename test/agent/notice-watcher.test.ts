import { NoticeWatcher } from '../../agent/notice-watcher';
import type { Clock } from '../../agent/ports';
import { StopLatch } from '../../agent/stop-latch';

const AWS_NOW = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

/** When AWS takes the instance, by the monotonic clock, as a machine whose clock is so wrong understands it. */
async function deadlineOf(notice: string, clockErrorMs: number): Promise<number | null> {
  const clock: Clock = { now: () => AWS_NOW + clockErrorMs, monotonic: () => 0, sleep: async () => {} };
  const latch = new StopLatch(clock, () => {});
  const watcher = new NoticeWatcher({
    clock,
    log: () => {},
    metadata: { get: async (path) => (path.endsWith('instance-action') ? notice : undefined) },
    latch,
    pollMs: 5_000,
    awsNow: () => AWS_NOW,
    onNotice: async () => {},
    onRebalance: () => {},
  });
  await watcher.look();
  return latch.deadlineMs;
}

describe('a spot notice', () => {
  const inTwoMinutes = JSON.stringify({ action: 'terminate', time: new Date(AWS_NOW + 120_000).toISOString() });

  it.each([0, HOUR_MS, -HOUR_MS])(
    'leaves what AWS’s own clock says, with the machine’s wrong by %d ms',
    async (error) => {
      expect(await deadlineOf(inTwoMinutes, error)).toBe(120_000);
    },
  );

  it('without a time that can be read leaves what AWS promises, less what polling took', async () => {
    expect(await deadlineOf('terminate', 0)).toBe(110_000);
  });
});
