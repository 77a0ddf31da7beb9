import { monthBudgets } from '../../core/report/month-budgets';
import { type ReportCostsDeps, reportCosts } from '../../lambdas/report-costs/report-costs';
import { anEntry } from '../support/ledger';
import { MemoryAlertMarks, MemoryLedger } from '../support/memory-ledgers';
import { memoryPorts } from '../support/memory-ports';

async function wired() {
  const ports = memoryPorts();
  ports.clock.nowMs = Date.parse('2026-11-26T06:00:00Z');
  const marks = new MemoryAlertMarks(ports.clock);
  const ledger = new MemoryLedger();
  await ledger.put(anEntry());
  await ledger.put(anEntry({ month: '2026-10', sessionId: 'old' }));
  const deps = { ...ports, marks, ledger, budgets: { owner: {}, project: {} } } satisfies ReportCostsDeps;
  return { ...ports, deps };
}

it('writes page and table into the day’s folder, then tells of them', async () => {
  const { deps, objects, notifier } = await wired();
  expect(await reportCosts(deps)).toEqual({ report: 's3://bucket/reports/2026-11-26/costs.html', isPublished: true });
  expect(objects.objects.get('s3://bucket/reports/2026-11-26/costs.html')?.text).toMatch(/^<!doctype html>/);
  expect(objects.objects.get('s3://bucket/reports/2026-11-26/sessions.csv')?.text).toContain('digits-1');
  expect(notifier.published).toEqual([expect.objectContaining({ kind: 'report', alertId: 'report-2026-11-26' })]);
});

it('run twice tells once', async () => {
  const { deps, notifier } = await wired();
  await reportCosts(deps);
  expect(await reportCosts(deps)).toMatchObject({ isPublished: false });
  expect(notifier.published).toHaveLength(1);
});

it('tells nobody of a report that could not be written', async () => {
  const { deps, objects, notifier } = await wired();
  objects.failure = new Error('S3 is away');
  await expect(reportCosts(deps)).rejects.toThrow('S3 is away');
  expect(notifier.published).toEqual([]);
});

it('publishes again, under the same id, when it is not known whether it was', async () => {
  const { deps, clock, notifier } = await wired();
  const publish = notifier.publish.bind(notifier);
  notifier.publish = async () => Promise.reject(new Error('SNS is away'));
  await expect(reportCosts(deps)).rejects.toThrow('SNS is away');
  notifier.publish = publish;
  clock.pass(2 * 60_000);
  expect(await reportCosts(deps)).toMatchObject({ isPublished: true });
  expect(notifier.published.map(({ alertId }) => alertId)).toEqual(['report-2026-11-26']);
});

it('on the first of a month, what began in it is running, too', async () => {
  const { deps, clock, notifier } = await wired();
  clock.nowMs = Date.parse('2026-12-01T06:00:00Z');
  const begun = { month: '2026-12', result: null, usdPerHour: 1.5, usdByDay: { '2026-12-01': 3 }, usd: 3 };
  await deps.ledger.put(anEntry({ ...begun, sessionId: 'of-this-morning' }));
  // It has an entry in both months: what it costs an hour counts once.
  await deps.ledger.put(anEntry({ ...begun, sessionId: 'over-night' }));
  await deps.ledger.put(anEntry({ sessionId: 'over-night', result: null, usdPerHour: 1.5 }));
  await reportCosts(deps);
  expect(notifier.published[0]?.body).toContain('2 sessions going on, at $3.00 per hour.');
});

it('writes a report of a month without anything, and tells nobody', async () => {
  const { deps, objects, notifier } = await wired();
  const empty = { ...deps, ledger: new MemoryLedger() };
  expect(await reportCosts(empty)).toMatchObject({ isPublished: false });
  expect(objects.objects.size).toBe(2);
  expect(notifier.published).toEqual([]);
});

it('tells of budgets by name, and of what `*` comes to for whoever spent something', () => {
  const budgets = { owner: { '*': 50 }, project: { vision: 12, nlp: 7 } };
  expect(monthBudgets(budgets, [anEntry(), anEntry({ owner: 'ben', project: 'other' })])).toEqual([
    { scope: 'project', name: 'vision', monthUsd: 12 },
    { scope: 'project', name: 'nlp', monthUsd: 7 },
    { scope: 'owner', name: 'ana', monthUsd: 50 },
    { scope: 'owner', name: 'ben', monthUsd: 50 },
  ]);
});
