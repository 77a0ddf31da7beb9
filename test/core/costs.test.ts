import { sessionAlerts } from '../../core/alerts/session-alerts';
import { stackBudgetAlerts } from '../../core/alerts/stack-budget';
import { budgetsSchema, MonthSums } from '../../core/costs/budgets';
import { type LedgerEntry, ledgerEntries } from '../../core/costs/ledger';
import { integrate, mergePrices } from '../../core/costs/prices';
import { receiptOf } from '../../core/costs/receipt';
import { receiptLines } from '../../core/costs/receipt-text';
import { costUntil } from '../../core/costs/session-cost';
import { decide, recordDone } from '../../core/decide';
import { limitOf } from '../../core/decide/limits';
import { type Node, type Session, untoldAlerts } from '../../core/session/session';
import { HOUR_MS, iso, MINUTE_MS, ms } from '../../core/time';
import { aFinal, aNode, anAttempt, aSession, minutesAgo, NOW } from '../support/sessions';

const POOL = 'g5.xlarge/us-east-1a';
const at = (minutes: number) => minutesAgo(-minutes);

/** One attempt with these nodes. */
const sessionOf = (nodes: Node[], changes: Partial<Session> = {}, job: Parameters<typeof aSession>[1] = {}) =>
  aSession({ attempts: [anAttempt({ nodes })], ...changes }, job);

describe('prices over time', () => {
  const points = [
    { at: at(0), usdPerHour: 1 },
    { at: at(30), usdPerHour: 2 },
  ];

  it('are integrated piece by piece', () => {
    expect(integrate(points, null, NOW, NOW + 60 * MINUTE_MS)).toBeCloseTo(0.5 + 1, 12);
    expect(integrate(points, null, NOW + 30 * MINUTE_MS, NOW + 90 * MINUTE_MS)).toBeCloseTo(2, 12);
    expect(integrate(points, null, NOW + 15 * MINUTE_MS, NOW + 15 * MINUTE_MS)).toBe(0);
  });

  it('before the first point are what was known at launch, or unknown', () => {
    expect(integrate(points, 4, NOW - 60 * MINUTE_MS, NOW)).toBeCloseTo(4, 12);
    expect(integrate(points, null, NOW - 60 * MINUTE_MS, NOW)).toBeNull();
    expect(integrate([], 0.5, NOW, NOW + HOUR_MS)).toBeCloseTo(0.5, 12);
  });

  it('are merged by time, only changes kept, what is seen again changing nothing', () => {
    const merged = mergePrices(points, [
      { at: at(30), usdPerHour: 2 },
      { at: at(45), usdPerHour: 2 },
      { at: at(50), usdPerHour: 1.5 },
    ]);
    expect(merged.map(({ usdPerHour }) => usdPerHour)).toEqual([1, 2, 1.5]);
    expect(mergePrices(merged, points)).toEqual(merged);
  });
});

describe('receipts by hand, to the cent', () => {
  const ended = (minutes: number, changes: Partial<Node> = {}) =>
    aNode({ launchedAt: at(0), state: 'terminated', stateSince: at(minutes), endedAt: at(minutes), ...changes });

  it('a price that changes during the run', () => {
    // 90 min: 30 at $0.40, 60 at $0.70 = 0.20 + 0.70.
    const spotPrices = {
      [POOL]: [
        { at: at(-10), usdPerHour: 0.4 },
        { at: at(30), usdPerHour: 0.7 },
      ],
    };
    const { attempts, total } = receiptOf(sessionOf([ended(90)], { spotPrices }), NOW + 120 * MINUTE_MS);
    expect(attempts[0]?.nodes[0]).toMatchObject({ usd: 0.9, seconds: 5400, onDemandUsd: 1.5 });
    expect(attempts[0]?.nodes[0]?.priceChanges).toEqual([{ at: at(30), usdPerHour: 0.7 }]);
    expect(total.lines.instances).toBe(0.9);
  });

  it('a minute at least, also of an instance that ended in the second of its launch', () => {
    const seconds = [0, 0.5, 1.5].map(
      (minutes) => receiptOf(sessionOf([ended(minutes)]), NOW + 2 * MINUTE_MS).attempts[0]?.nodes[0]?.seconds,
    );
    expect(seconds).toEqual([60, 60, 90]);
  });

  it('disk and address as lines of their own', () => {
    // 100 GiB × $0.08 × 72 h / 720 h = $0.80; $0.005 × 72 h = $0.36; 72 h × $0.50 = $36.
    const node = ended(72 * 60, { hasPublicAddress: true });
    const session = sessionOf([node], { volumeUsdPerGibMonth: 0.08 });
    const { lines } = receiptOf(session, NOW + 100 * HOUR_MS).total;
    expect(lines).toMatchObject({ instances: 36, volumes: 0.8, publicAddresses: 0.36 });
    expect(lines.storage).toBeGreaterThan(0);
    expect(lines.controlPlane).toBeGreaterThan(0);
  });

  it('a waived first hour frees the instance, not its disk and address; an hour and a second is paid for', () => {
    const waived = { stateReason: 'Server.SpotInstanceTermination', hasPublicAddress: true };
    const session = sessionOf([ended(59, waived)], { volumeUsdPerGibMonth: 0.08 });
    const { lines } = receiptOf(session, NOW + 2 * HOUR_MS).total;
    expect(lines.instances).toBe(0);
    expect(lines.volumes).toBeCloseTo((8 / 720) * (59 / 60), 6);
    expect(lines.publicAddresses).toBeCloseTo(0.005 * (59 / 60), 6);
    expect(receiptOf(sessionOf([ended(60, waived)]), NOW + 2 * HOUR_MS).total.lines.instances).toBe(0.5);
  });

  it('an address or disk price that is not known is unknown, not 0', () => {
    const unknown = receiptOf(sessionOf([ended(60, { hasPublicAddress: null })]), NOW + 2 * HOUR_MS);
    expect(unknown.total).toMatchObject({ usd: null, lines: { publicAddresses: null, instances: 0.5 } });
    expect(receiptLines(unknown).join('\n')).toContain('public IPv4 addresses unknown');
    const disk = receiptOf(sessionOf([ended(60)], { volumeUsdPerGibMonth: null }), NOW + 2 * HOUR_MS);
    expect(disk.total).toMatchObject({ usd: null, lines: { volumes: null } });
  });

  it('set-up, idle time and steps done twice in dollars', () => {
    // $0.60/h: a cent a minute. 100 steps in 10 min of training, 40 of them done before: 4 of the 10 minutes.
    const stages = [
      { stage: 'boot' as const, startedAt: at(2), seconds: 60 },
      { stage: 'data' as const, startedAt: at(3), seconds: 120 },
      { stage: 'wait' as const, startedAt: at(5), seconds: 60 },
      { stage: 'train' as const, startedAt: at(6), seconds: 600 },
      { stage: 'upload' as const, startedAt: at(16), seconds: 60 },
    ];
    const progress = { ...aFinal().progress, step: 160 };
    const before = ended(0.5, {
      final: aFinal({ outcome: 'interrupted', progress: { ...progress, step: 100 }, stages: [] }),
    });
    const resumedFrom = { userId: before.userId, sequence: 1, step: 60, name: 'step-60.pt' };
    const node = ended(20, {
      instanceId: 'i-02',
      usdPerHour: 0.6,
      final: aFinal({ attempt: 2, stages, progress, resumedFrom }),
    });
    const session = aSession({ attempts: [anAttempt({ nodes: [before] }), anAttempt({ number: 2, nodes: [node] })] });
    const [, attempt] = receiptOf(session, NOW + HOUR_MS).attempts;
    expect(attempt).toMatchObject({ usd: 0.2, recomputedSteps: 40, setupSeconds: 300, idleSeconds: 240 });
    expect(attempt?.waste).toEqual({ setupUsd: 0.05, idleUsd: 0.04, recomputedUsd: 0.04 });
  });

  it('two nodes that end at different times, one of them on demand', () => {
    const market = { market: 'on-demand' as const, usdPerHour: 1 };
    const nodes = [ended(30), ended(60, { instanceId: 'i-02', rank: 1, ...market })];
    expect(receiptOf(sessionOf(nodes), NOW + 2 * HOUR_MS).total.lines.instances).toBe(1.25);
  });
});

describe('the end of an instance', () => {
  const end = (facts: object, now = NOW) =>
    decide(aSession(), { nodes: { 'i-00000000000000001': { state: 'terminated', ...facts } } }, now).session.attempts[0]
      ?.nodes[0]?.endedAt;

  it('is when EC2 says it was told to, however late that is seen', () => {
    expect(end({ endedAt: minutesAgo(4) })).toBe(minutesAgo(4));
    expect(end({})).toBe(iso(NOW));
  });

  it('is not believed before the launch or in the future', () => {
    expect(end({ endedAt: minutesAgo(30) })).toBe(iso(NOW));
    expect(end({ endedAt: minutesAgo(-30) })).toBe(iso(NOW));
  });
});

describe('the ledger', () => {
  it('parts a session that crosses the end of a month, and adds up to the whole', () => {
    const begin = Date.parse('2026-11-30T22:00:00Z');
    const end = Date.parse('2026-12-01T03:00:00Z');
    const node = aNode({ launchedAt: iso(begin), state: 'terminated', stateSince: iso(end), endedAt: iso(end) });
    const session = aSession({ createdAt: iso(begin), attempts: [anAttempt({ nodes: [node] })] });
    const entries = ledgerEntries(session, end + MINUTE_MS);
    expect(entries.map(({ month }) => month)).toEqual(['2026-11', '2026-12']);
    expect(Object.keys(entries[0]?.usdByDay ?? {})).toEqual(['2026-11-30']);
    expect(entries[0]?.usd).toBeCloseTo(1, 2);
    expect(entries[1]?.usd).toBeCloseTo(1.5, 1);
    const whole = costUntil(session, end + MINUTE_MS).usd;
    expect((entries[0]?.usd ?? 0) + (entries[1]?.usd ?? 0)).toBeCloseTo(whole, 5);
  });

  it('has a year’s end, and days that add up to their month', () => {
    const begin = Date.parse('2026-12-31T23:00:00Z');
    const session = sessionOf([aNode({ launchedAt: iso(begin) })], { createdAt: iso(begin) });
    const entries = ledgerEntries(session, begin + 50 * HOUR_MS);
    expect(entries.map(({ month, usdByDay }) => [month, Object.keys(usdByDay).length])).toEqual([
      ['2026-12', 1],
      ['2027-01', 3],
    ]);
    for (const { usd, usdByDay } of entries) {
      expect(Object.values(usdByDay).reduce((sum, each) => sum + each, 0)).toBeCloseTo(usd, 6);
    }
  });

  it('says what is incomplete and what runs', () => {
    const [entry] = ledgerEntries(sessionOf([aNode({ usdPerHour: null })]), NOW);
    expect(entry).toMatchObject({ isComplete: false, result: null });
    const [running] = ledgerEntries(aSession(), NOW);
    expect(running?.usdPerHour).toBeCloseTo(0.5, 1);
  });

  it('does not go on after the end', () => {
    const node = aNode({ state: 'terminated', stateSince: minutesAgo(5), endedAt: minutesAgo(5) });
    const outcome = { result: 'succeeded' as const, error: null, message: '', at: minutesAgo(5), resumable: false };
    const session = sessionOf([node], { outcome });
    expect(ledgerEntries(session, NOW + HOUR_MS)[0]?.usd).toBe(ledgerEntries(session, NOW + 99 * HOUR_MS)[0]?.usd);
  });
});

describe('limits.maxUsd', () => {
  const withBudget = (maxUsd: number, changes: Partial<Session> = {}, nodes = [aNode()]) =>
    sessionOf(nodes, changes, { limits: { maxHours: null, maxUsd, graceSeconds: 60 } });
  const stopMs = (session: Session) => {
    const attempt = session.attempts.at(-1);
    return ms((attempt && limitOf(session, attempt))?.stopAt ?? '');
  };

  it('is not overshot by two minutes’ price, and not undershot by much more than the way out, when the price changes', () => {
    const spotPrices = {
      [POOL]: [
        { at: minutesAgo(10), usdPerHour: 0.5 },
        { at: minutesAgo(5), usdPerHour: 3 },
      ],
    };
    const session = withBudget(2, { spotPrices });
    const spent = costUntil(session, stopMs(session) + 60_000).usd;
    expect(spent).toBeLessThanOrEqual(2 + (2 / 60) * 3);
    expect(spent).toBeGreaterThan(1.98);
  });

  it('counts disk and address', () => {
    const bare = withBudget(1);
    const dressed = withBudget(1, { volumeUsdPerGibMonth: 8 }, [aNode({ hasPublicAddress: true })]);
    expect(stopMs(dressed)).toBeLessThan(stopMs(bare) - 60 * MINUTE_MS);
  });

  it('counts earlier attempts, but not those that AWS waived', () => {
    const past = (stateReason: string) => {
      const ended = { state: 'terminated' as const, stateSince: minutesAgo(20), endedAt: minutesAgo(20), stateReason };
      const verdict = { error: 'SpotInterrupted' as const, message: '', at: minutesAgo(20) };
      const before = anAttempt({
        verdict,
        nodes: [aNode({ instanceId: 'i-0', launchedAt: minutesAgo(50), ...ended })],
      });
      return withBudget(1, { attempts: [before, anAttempt({ number: 2 })] });
    };
    const waived = stopMs(past('Server.SpotInstanceTermination'));
    expect(waived - stopMs(past('Client.UserInitiatedShutdown'))).toBeCloseTo(30 * MINUTE_MS, -4.5);
  });

  it('still holds when its nodes are gone: what is spent is not launched anew', () => {
    const final = aFinal({ outcome: 'interrupted', reason: 'SpotNotice' });
    const gone = { state: 'terminated' as const, stateSince: minutesAgo(1), endedAt: minutesAgo(1) };
    const verdictWith = (maxUsd: number) => {
      const session = withBudget(maxUsd, {}, [aNode({ launchedAt: minutesAgo(70), ...gone, final })]);
      return decide(session, {}, NOW).session.attempts[0]?.verdict?.error;
    };
    expect(verdictWith(0.5)).toBe('BudgetReached');
    expect(verdictWith(5)).toBe('SpotInterrupted');
  });

  it('takes an unknown spot price for the on-demand price, and cannot act when both are unknown', () => {
    const assumed = withBudget(1, {}, [aNode({ usdPerHour: null })]);
    expect(stopMs(assumed)).toBeLessThan(NOW + 50 * MINUTE_MS);
    const unknown = withBudget(1, {}, [aNode({ usdPerHour: null, onDemandUsdPerHour: null })]);
    expect(stopMs(unknown)).toBeNaN();
  });
});

describe('the stack’s budgets', () => {
  const budgets = budgetsSchema.parse({ owner: { ana: 10, '*': 5 }, project: { vision: 100 } });
  const entry = (changes: Partial<LedgerEntry> = {}): LedgerEntry => {
    const [own] = ledgerEntries(aSession({}, { owner: 'ana', project: 'vision' }), NOW);
    if (own === undefined) throw new Error('no entry');
    return { ...own, ...changes };
  };
  const sumsOf = (...entries: LedgerEntry[]) => {
    const sums = new MonthSums(budgets, '2026-11');
    for (const each of entries) sums.add(each, NOW);
    return sums;
  };

  it('stop the sessions under them when all is spent at the rate of all that runs', () => {
    // $4 left at $2/h: two hours.
    const sums = sumsOf(entry({ usd: 6, usdPerHour: 1 }), entry({ sessionId: 'b', usd: 0, usdPerHour: 1 }));
    expect(sums.limitOf({ owner: 'ana', project: 'vision' }, NOW)).toEqual({
      stopAt: iso(NOW + 2 * HOUR_MS),
      budget: 'the budget of owner ana for 2026-11 ($10)',
    });
  });

  it('count what ran up since the entry was written', () => {
    const stale = entry({ usd: 6, usdPerHour: 2, computedAt: iso(NOW - HOUR_MS) });
    expect(sumsOf(stale).limitOf({ owner: 'ana', project: 'x' }, NOW)?.stopAt).toBe(iso(NOW + HOUR_MS));
  });

  it('leave a session alone that they outlast until the month ends, and stop at once what is over', () => {
    expect(sumsOf(entry({ usd: 1, usdPerHour: 0.01 })).limitOf({ owner: 'ana', project: 'x' }, NOW)).toBeNull();
    const spent = sumsOf(entry({ usd: 11, usdPerHour: 1 }));
    expect(spent.limitOf({ owner: 'ana', project: 'x' }, NOW)?.stopAt).toBe(iso(NOW));
    expect(spent.limitOf({ owner: 'ben', project: 'x' }, NOW)).toBeNull();
  });

  it('act through the lease, and the limit is named in the verdict', () => {
    const budgetLimit = { stopAt: minutesAgo(60), budget: 'the budget of owner ana for 2026-11 ($10)' };
    const { session } = decide(aSession({ budgetLimit }), {}, NOW);
    expect(session.attempts[0]?.verdict).toMatchObject({ error: 'BudgetReached' });
    expect(session.attempts[0]?.verdict?.message).toContain('the budget of owner ana for 2026-11 ($10)');
  });

  it('alert at each threshold under an id of its own', () => {
    const state = {
      scope: 'owner' as const,
      name: 'ana',
      monthUsd: 10,
      month: '2026-11',
      spentUsd: 8.1,
      usdPerHour: 1,
      running: [],
    };
    expect(stackBudgetAlerts(state, 'us-east-1').map(({ alertId }) => alertId)).toEqual([
      'budget-owner-ana-2026-11-50',
      'budget-owner-ana-2026-11-80',
    ]);
    expect(stackBudgetAlerts({ ...state, spentUsd: 4.99 }, 'us-east-1')).toEqual([]);
  });
});

describe('alerts of a session', () => {
  const idsOf = (session: Session, now = NOW) => sessionAlerts(session, now).map(({ alertId }) => alertId);
  const trainingSince = (minutes: number, lastCheckpoint: { sequence: number; minutesAgo: number } | null = null) => {
    const status = aNode().status;
    const checkpoint = lastCheckpoint && {
      name: 'step-100.pt',
      step: 100,
      sequence: lastCheckpoint.sequence,
      sizeBytes: 10,
      committedAt: minutesAgo(lastCheckpoint.minutesAgo),
      uploadSeconds: 2,
    };
    const stages = [{ stage: 'train' as const, startedAt: minutesAgo(minutes), seconds: null }];
    return aNode({
      launchedAt: minutesAgo(minutes + 2),
      status: status && { ...status, stages, lastCheckpoint: checkpoint },
    });
  };

  it('budget: at 50 and 80 %, and at 100 % once it stops for it', () => {
    const half = (maxUsd: number) => sessionOf([aNode({ launchedAt: minutesAgo(60) })], {}, { limits: { maxUsd } });
    expect(idsOf(half(1.2))).toEqual([]);
    expect(idsOf(half(0.99))).toEqual(['digits-1-budget-50']);
    expect(idsOf(half(0.6))).toEqual(['digits-1-budget-50', 'digits-1-budget-80']);
    expect(idsOf(half(0.5))).toEqual(['digits-1-budget-50', 'digits-1-budget-80', 'digits-1-budget-100']);
    const stopped = { error: 'BudgetReached' as const, message: '', at: minutesAgo(0) };
    const session = half(0.99);
    const attempts = session.attempts.map((attempt) => ({ ...attempt, verdict: stopped }));
    expect(idsOf({ ...session, attempts })).toContain('digits-1-budget-100');
  });

  it('price unknown: once it was asked for in vain for a while', () => {
    expect(idsOf(sessionOf([aNode({ usdPerHour: null, launchedAt: minutesAgo(5) })]))).toEqual([]);
    expect(idsOf(sessionOf([aNode({ usdPerHour: null, launchedAt: minutesAgo(15) })]))).toEqual([
      'digits-1-price-unknown',
    ]);
    const spotPrices = { [POOL]: [{ at: minutesAgo(15), usdPerHour: 1 }] };
    expect(idsOf(sessionOf([aNode({ usdPerHour: null, launchedAt: minutesAgo(15) })], { spotPrices }))).toEqual([]);
  });

  it('checkpoint stale: three intervals without one, or an hour without any', () => {
    expect(idsOf(sessionOf([trainingSince(59)]))).toEqual([]);
    expect(idsOf(sessionOf([trainingSince(61)]))).toEqual(['digits-1-stale-1-0']);
    // Four in 80 minutes: one every 20, so after 60.
    expect(idsOf(sessionOf([trainingSince(139, { sequence: 4, minutesAgo: 59 })]))).toEqual([]);
    expect(idsOf(sessionOf([trainingSince(141, { sequence: 4, minutesAgo: 61 })]))).toEqual(['digits-1-stale-1-4']);
    // Short intervals vary.
    expect(idsOf(sessionOf([trainingSince(20, { sequence: 100, minutesAgo: 10 })]))).toEqual([]);
  });

  it('training stalled: no step for stallMinutes, when steps can be read at all', () => {
    const stalledFor = (minutes: number | null) => {
      const { status } = aNode();
      const steppedAt = minutes === null ? null : minutesAgo(minutes);
      return sessionOf([aNode({ status: status && { ...status, progress: { ...status.progress, steppedAt } } })]);
    };
    expect(idsOf(stalledFor(29))).toEqual([]);
    expect(idsOf(stalledFor(31))).toEqual(['digits-1-stalled-1-100']);
    expect(idsOf(stalledFor(null))).toEqual([]);
  });

  it('resumed: when the next attempt trains', () => {
    const verdict = { error: 'SpotInterrupted' as const, message: 'AWS took it back.', at: minutesAgo(5) };
    const attempts = [anAttempt({ verdict }), anAttempt({ number: 2 })];
    expect(sessionAlerts(aSession({ attempts }), NOW)).toMatchObject([
      { alertId: 'digits-1-resumed-2', kind: 'session-resumed', severity: 'info' },
    ]);
  });

  it('are published once by the decision, again only when the outcome is unknown for a minute', () => {
    const { session, actions } = decide(sessionOf([trainingSince(61)]), {}, NOW);
    expect(actions.filter(({ kind }) => kind === 'alert')).toMatchObject([
      { notification: { alertId: 'digits-1-stale-1-0' } },
    ]);
    expect(decide(session, {}, NOW + 59_000).actions.filter(({ kind }) => kind === 'alert')).toEqual([]);
    expect(decide(session, {}, NOW + 61_000).actions.filter(({ kind }) => kind === 'alert')).toHaveLength(1);
    const done = { ...session, alerts: { 'digits-1-stale-1-0': { requestedAt: iso(NOW), doneAt: iso(NOW) } } };
    expect(decide(done, {}, NOW + 2 * MINUTE_MS).actions.filter(({ kind }) => kind === 'alert')).toEqual([]);
  });

  it('are told even when what they tell of has passed before the publish succeeded', () => {
    const { session } = decide(sessionOf([trainingSince(61)]), {}, NOW);
    const over = { ...session, attempts: session.attempts.map((each) => ({ ...each, nodes: [] })) };
    expect(sessionAlerts(over, NOW + 61_000)).toEqual([]);
    const later = decide(over, {}, NOW + 61_000);
    const told = later.actions.filter(({ kind }) => kind === 'alert');
    expect(told).toMatchObject([{ notification: { alertId: 'digits-1-stale-1-0' } }]);
    const recorded = told.reduce((sofar, each) => recordDone(sofar, each, 'done', NOW + 62_000), later.session);
    expect(untoldAlerts(recorded)).toEqual([]);
    expect(JSON.stringify(recorded.alerts)).not.toContain('stopped saving');
  });
});
