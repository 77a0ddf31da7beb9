/** The lease on a clock of the test's own: what counts is S3's dates and the monotonic clock. */
import { LeaseKeeper } from '../../agent/lease-keeper';
import type { Clock } from '../../agent/ports';
import { StopLatch } from '../../agent/stop-latch';
import type { Order } from '../../core/node/lease';
import { leaseKey } from '../../core/s3-layout';
import { ORDER } from './machine';
import { MemoryStore } from './memory-store';

const MINUTE_MS = 60_000;

/** Time that the test moves; the wall clock of the machine is years off. */
function world(options: { limitAtMs?: number } = {}) {
  let monotonicMs = 1_000_000;
  let storeMs = Date.UTC(2026, 0, 1);
  const clock: Clock = { now: () => Date.UTC(1999, 0, 1), monotonic: () => monotonicMs, sleep: async () => {} };
  const store = new MemoryStore(() => storeMs);
  const latch = new StopLatch(clock, () => {});
  const good: number[] = [];
  const keeper = new LeaseKeeper({
    clock,
    log: () => {},
    store,
    latch,
    bucket: 'b',
    sessionId: 's-1',
    attempt: 2,
    pollMs: 15_000,
    limitAtMs: options.limitAtMs === undefined ? null : monotonicMs + options.limitAtMs,
    onGood: () => good.push(monotonicMs),
  });
  return {
    store,
    latch,
    keeper,
    good,
    write: (orders: Record<string, Partial<Order>>) => {
      const full = Object.fromEntries(
        Object.entries(orders).map(([number, order]) => [number, { ...ORDER, ...order }]),
      );
      const lease = { version: 1, sessionId: 's-1', renewedAt: 'x', leaseMinutes: 30, orders: full };
      store.put(`b/${leaseKey('s-1')}`, JSON.stringify(lease));
    },
    pass: async (minutes: number) => {
      monotonicMs += minutes * MINUTE_MS;
      storeMs += minutes * MINUTE_MS;
      await keeper.look();
    },
    storeNow: () => storeMs,
  };
}

describe('being cut off', () => {
  it('is what the last look says', async () => {
    const { keeper, store, pass } = world();
    await pass(1);
    expect(keeper.wasCutOff).toBe(false);
    store.isDown = true;
    await pass(1);
    expect(keeper.wasCutOff).toBe(true);
    store.isDown = false;
    await pass(1);
    expect(keeper.wasCutOff).toBe(false);
  });

  it('is not over at once when it lasted: ranks of a machine that hung fail as it wakes', async () => {
    const { keeper, pass } = world();
    await pass(1);
    await pass(10);
    expect(keeper.wasCutOff).toBe(true);
    await pass(2);
    expect(keeper.wasCutOff).toBe(true);
    await pass(2);
    expect(keeper.wasCutOff).toBe(false);
  });
});

describe('the lease', () => {
  it('is good as long as it is renewed, and a fresh read of an old one does not renew it', async () => {
    const { write, pass, latch, good } = world();
    write({ 2: {} });
    await pass(20);
    write({ 2: {} });
    await pass(29);
    expect(latch.first).toBeUndefined();
    expect(good).toHaveLength(2);
    await pass(2);
    expect(latch.first).toMatchObject({ kind: 'interrupted', reason: 'LeaseExpired' });
    expect(good).toHaveLength(2);
  });

  it('an outage of S3 of 25 minutes disturbs nothing; a longer one ends it', async () => {
    const { write, pass, latch, store } = world();
    write({ 2: {} });
    await pass(0);
    store.isDown = true;
    await pass(25);
    expect(latch.first).toBeUndefined();
    await pass(6);
    expect(latch.first?.reason).toBe('LeaseExpired');
  });

  it('that is hours old when the node starts, of an earlier attempt, is not held against it', async () => {
    const { write, pass, latch, keeper } = world();
    write({ 1: {} });
    await pass(600);
    // Ten hours in one look: the time since the agent's own start counts.
    expect(latch.first?.reason).toBe('LeaseExpired');
    const later = world();
    later.write({ 1: {} });
    await later.pass(10);
    expect(later.latch.first).toBeUndefined();
    expect(later.keeper.order).toBeUndefined();
    expect(keeper.order).toBeUndefined();
  });

  it('stopAt is measured by S3’s clock at the read, whatever the machine’s clock says', async () => {
    const { write, pass, latch, storeNow } = world();
    write({ 2: { stopAt: new Date(storeNow() + 10 * MINUTE_MS).toISOString(), stopAtReason: 'BudgetReached' } });
    await pass(9);
    expect(latch.first).toBeUndefined();
    await pass(1);
    expect(latch.first).toMatchObject({ kind: 'stopped', reason: 'BudgetReached' });
  });

  it('the job’s own time limit holds without a control plane', async () => {
    const { pass, latch } = world({ limitAtMs: 20 * MINUTE_MS });
    await pass(19);
    expect(latch.first).toBeUndefined();
    await pass(1);
    expect(latch.first).toMatchObject({ kind: 'stopped', reason: 'TimeLimitReached' });
  });

  it('tells AWS’s time from S3’s, however wrong the machine’s clock is', async () => {
    const { write, pass, keeper, storeNow } = world();
    write({ 2: {} });
    await pass(3);
    expect(keeper.awsNow()).toBe(storeNow());
  });

  it('the first reason names the end; a later notice only brings the deadline nearer', async () => {
    const { write, pass, latch } = world();
    write({ 2: { desired: 'stop', reason: 'StoppedByUser' } });
    await pass(1);
    latch.request({ kind: 'interrupted', reason: 'SpotNotice', deadlineMs: 5, immediate: false });
    expect(latch.first).toMatchObject({ kind: 'stopped', reason: 'StoppedByUser' });
    expect(latch.deadlineMs).toBe(5);
    write({ 2: { desired: 'stop', reason: 'StoppedByUser', immediate: true } });
    await pass(1);
    expect(latch.immediate).toBe(true);
  });
});
