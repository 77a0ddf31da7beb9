import { budgetsSchema } from '../../core/costs/budgets';
import type { Session } from '../../core/session/session';
import { iso, MINUTE_MS } from '../../core/time';
import { trackCosts } from '../../lambdas/track-costs/track-costs';
import { type MemoryPorts, memoryPorts } from '../support/memory-ports';
import { aNode, anAttempt, aSession, minutesAgo, NOW } from '../support/sessions';

const POOL = 'g5.xlarge/us-east-1a';
const HALF = { at: minutesAgo(20), usdPerHour: 0.5 };

function tracking(...sessions: Session[]): MemoryPorts {
  const ports = memoryPorts(...sessions);
  ports.prices.histories.set(POOL, [HALF]);
  return ports;
}

const pass = (ports: MemoryPorts, changes: Partial<Parameters<typeof trackCosts>[0]> = {}) =>
  trackCosts({ ...ports, ...changes });

const ended: Partial<Session> = {
  outcome: { result: 'succeeded', error: null, message: '', at: minutesAgo(2), resumable: false },
  releasedAt: minutesAgo(1),
  notification: { requestedAt: minutesAgo(2), doneAt: minutesAgo(2) },
  attempts: [anAttempt({ nodes: [aNode({ state: 'terminated', stateSince: minutesAgo(4), endedAt: minutesAgo(4) })] })],
};

describe('track-costs', () => {
  it('brings prices and costs to date into record and ledger', async () => {
    const ports = tracking(aSession());
    expect(await pass(ports)).toEqual({ sessions: 1, isComplete: true });
    const { cost, spotPrices } = ports.sessions.record();
    expect(spotPrices).toEqual({ [POOL]: [HALF] });
    expect(cost).toMatchObject({ isComplete: true, lines: { instances: 0.083333 }, computedAt: iso(NOW) });
    expect(ports.ledger.entries.get('2026-11/digits-1')).toMatchObject({ project: 'default', usd: cost?.usd });
  });

  it('follows a price that changes', async () => {
    const ports = tracking(aSession());
    await pass(ports);
    ports.prices.histories.set(POOL, [HALF, { at: iso(NOW), usdPerHour: 3 }]);
    ports.clock.pass(10 * MINUTE_MS);
    await pass(ports);
    // Ten minutes at $0.50 and ten at $3.
    expect(ports.sessions.record().cost?.lines.instances).toBe(0.583333);
    expect(ports.sessions.record().spotPrices[POOL]).toHaveLength(2);
  });

  it('says unknown for a price that nobody knows, never 0, and alerts once', async () => {
    const ports = tracking(
      aSession({ attempts: [anAttempt({ nodes: [aNode({ usdPerHour: null, zone: 'nowhere' })] })] }),
    );
    for (let count = 0; count < 4; count++) {
      await pass(ports);
      ports.clock.pass(5 * MINUTE_MS);
    }
    expect(ports.sessions.record().cost).toMatchObject({ isComplete: false, lines: { instances: null } });
    expect(ports.notifier.published.map(({ kind }) => kind)).toEqual(['price-unknown']);
  });

  it('settles a session that is released: last figures, a final receipt, and no more passes', async () => {
    const ports = tracking(aSession(ended));
    await pass(ports);
    expect(ports.sessions.record().costsSettledAt).toBe(iso(NOW));
    expect(ports.objects.json('sessions/digits-1/receipt.json')).toMatchObject({
      isFinal: true,
      total: { lines: { instances: 0.05 } },
    });
    expect(await pass(ports)).toEqual({ sessions: 0, isComplete: true });
  });

  describe('when EC2 told no prices after a node had ended', () => {
    /** Priced ten minutes ago; it ended four minutes ago, and one minute before that its price had risen. */
    const rise = { at: minutesAgo(5), usdPerHour: 6 };
    async function withoutAnswer(): Promise<MemoryPorts> {
      const ports = tracking(
        aSession({ ...ended, spotPrices: { [POOL]: [HALF] }, spotPricesUntil: { [POOL]: minutesAgo(10) } }),
      );
      ports.prices.histories.clear();
      await pass(ports);
      return ports;
    }

    it('asks again, and settles with the answer', async () => {
      const ports = await withoutAnswer();
      expect(ports.sessions.record().costsSettledAt).toBeNull();
      ports.prices.histories.set(POOL, [HALF, rise]);
      ports.clock.pass(5 * MINUTE_MS);
      await pass(ports);
      // Five minutes at $0.50 and one at $6.
      expect(ports.objects.json('sessions/digits-1/receipt.json')).toMatchObject({
        isFinal: true,
        total: { lines: { instances: 0.141667 } },
      });
    });

    it('settles without it an hour after its release', async () => {
      const ports = await withoutAnswer();
      ports.clock.pass(60 * MINUTE_MS);
      await pass(ports);
      expect(ports.sessions.record().costsSettledAt).not.toBeNull();
    });
  });

  it('settles again when it died before it said so', async () => {
    const ports = tracking(aSession(ended));
    ports.objects.failure = new Error('S3 is down');
    await expect(pass(ports)).rejects.toThrow('not computed');
    expect(ports.sessions.record().costsSettledAt).toBeNull();
    await pass(ports);
    expect(ports.sessions.record().costsSettledAt).not.toBeNull();
  });

  it('goes on with the others when one session fails', async () => {
    const ports = tracking(aSession({ sessionId: 'a' }), aSession({ sessionId: 'b' }));
    const put = ports.ledger.put.bind(ports.ledger);
    ports.ledger.put = (entry) => (entry.sessionId === 'a' ? Promise.reject(new Error('broken')) : put(entry));
    await expect(pass(ports)).rejects.toMatchObject({ name: 'AwsUnavailable' });
    expect([...ports.ledger.entries.keys()]).toEqual(['2026-11/b']);
  });

  it('goes on where a pass that ran out of time stopped, then begins anew', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `s-${String(index).padStart(2, '0')}`);
    const ports = tracking(...ids.map((sessionId) => aSession({ sessionId })));
    const priced = () => ids.filter((id) => ports.sessions.record(id).cost !== null).length;
    expect(await pass(ports, { deadlineMs: NOW })).toEqual({ sessions: 8, isComplete: false });
    expect(priced()).toBe(8);
    await pass(ports, { deadlineMs: NOW });
    expect(priced()).toBe(16);
    await pass(ports);
    expect(priced()).toBe(20);
    expect(await pass(ports)).toEqual({ sessions: 20, isComplete: true });
  });

  it('does not overlap', async () => {
    const ports = tracking(aSession());
    await ports.lock.acquire('track-costs', 'somebody else');
    expect(await pass(ports)).toEqual({ sessions: 0, isComplete: false });
  });

  it('measures only while something runs, and nothing by session', async () => {
    const idle = tracking();
    await pass(idle);
    expect(idle.measured).toEqual([]);
    const ports = tracking(aSession({}, { project: 'vision' }));
    await pass(ports);
    const names = ports.measured.map(([metric, , dimensions]) => [metric, dimensions]);
    expect(names).toEqual([
      ['OpenSessions', undefined],
      ['RunningInstances', undefined],
      ['UsdPerHour', undefined],
      ['MonthToDateUsd', undefined],
      ['MonthToDateUsd', { Project: 'vision' }],
    ]);
  });
});

describe('budgets of the stack', () => {
  const budgets = budgetsSchema.parse({ owner: { ana: 0.1 } });
  const running = () => tracking(aSession({}, { owner: 'ana' }));

  it('reach the instance through the lease, and are alerted once whatever is repeated', async () => {
    const ports = running();
    for (let count = 0; count < 3; count++) {
      await pass(ports, { budgets });
      ports.clock.pass(5 * MINUTE_MS);
    }
    const { budgetLimit } = ports.sessions.record();
    expect(budgetLimit?.budget).toBe('the budget of owner ana for 2026-11 ($0.1)');
    const ids = ports.notifier.published.map(({ alertId }) => alertId).filter((id) => id.startsWith('budget-'));
    expect(ids).toEqual(['budget-owner-ana-2026-11-50', 'budget-owner-ana-2026-11-80', 'budget-owner-ana-2026-11-100']);
  });

  it('are alerted again under the same id when nobody knows whether SNS took it', async () => {
    const ports = running();
    ports.notifier.failure = new Error('SNS is down');
    await expect(pass(ports, { budgets })).rejects.toThrow('SNS is down');
    ports.clock.pass(5 * MINUTE_MS);
    await pass(ports, { budgets });
    expect(ports.notifier.published.map(({ alertId }) => alertId)).toContain('budget-owner-ana-2026-11-50');
  });

  it('are alerted after an outage of SNS too, though nothing runs any more', async () => {
    const ports = tracking(aSession(ended, { owner: 'ana' }));
    ports.notifier.failure = new Error('SNS is down');
    await expect(pass(ports, { budgets })).rejects.toThrow('SNS is down');
    expect(ports.sessions.record().costsSettledAt).not.toBeNull();
    ports.clock.pass(5 * MINUTE_MS);
    await pass(ports, { budgets });
    expect(ports.notifier.published.map(({ alertId }) => alertId)).toContain('budget-owner-ana-2026-11-50');
  });

  it('start anew with the month', async () => {
    const ports = running();
    await pass(ports, { budgets });
    ports.clock.nowMs = Date.parse('2026-12-01T00:01:00Z');
    await pass(ports, { budgets });
    const november = ports.ledger.entries.get('2026-11/digits-1');
    const december = ports.ledger.entries.get('2026-12/digits-1');
    expect(december?.usd).toBeLessThan(0.02);
    expect((november?.usd ?? 0) + (december?.usd ?? 0)).toBeCloseTo(ports.sessions.record().cost?.usd ?? 0, 4);
  });
});

describe('an outage of SNS', () => {
  it('stops no session from being priced: its alerts wait for the next pass', async () => {
    const node = aNode({ launchedAt: minutesAgo(60) });
    const ports = tracking(aSession({ attempts: [anAttempt({ nodes: [node] })] }, { limits: { maxUsd: 0.8 } }));
    ports.notifier.failure = new Error('SNS is down');
    await pass(ports);
    expect(ports.notifier.published).toEqual([]);
    expect(ports.sessions.record().cost).not.toBeNull();
    ports.clock.pass(5 * MINUTE_MS);
    await pass(ports);
    expect(ports.notifier.published.map(({ alertId }) => alertId)).toEqual(['digits-1-budget-50']);
  });
});
