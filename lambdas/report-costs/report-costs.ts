/**
 * The daily report: a page and a table into the bucket, and a few lines to the topic. Whatever is run again writes the same
 * objects anew and tells nothing twice.
 */
import type { Budgets } from '../../core/costs/budgets';
import { dayOf, type LedgerEntry } from '../../core/costs/ledger';
import type { AlertMarks, Clock, CostLedger, Notifier, ObjectStore } from '../../core/ports';
import { reportCsv } from '../../core/report/csv';
import { digestOf, isWorthTelling } from '../../core/report/digest';
import { costReport, reportMonths } from '../../core/report/figures';
import { monthBudgets } from '../../core/report/month-budgets';
import { reportPage } from '../../core/report/page';
import { reportCsvKey, reportKey, s3Uri } from '../../core/s3-layout';
import { iso } from '../../core/time';
import type { Log } from '../shared/log';
import { publishOnce } from '../shared/publish-once';

export interface ReportCostsDeps {
  ledger: Pick<CostLedger, 'ofMonth'>;
  objects: Pick<ObjectStore, 'put'>;
  marks: AlertMarks;
  notifier: Notifier;
  clock: Clock;
  bucket: string;
  budgets: Budgets;
  log: Log;
}

/** Returns where the report is. The objects are written before anybody is told of them. */
export async function reportCosts(deps: ReportCostsDeps): Promise<{ report: string; isPublished: boolean }> {
  const { ledger, objects, clock, bucket, budgets, log } = deps;
  const now = clock.now();
  const day = dayOf(iso(now));
  const { month, before, begun } = reportMonths(now);
  const [thisMonth, lastMonth] = [await all(ledger.ofMonth(month)), await all(ledger.ofMonth(before))];
  const ofBegun = begun === null ? {} : { begun: await all(ledger.ofMonth(begun)) };
  const report = costReport({ thisMonth, lastMonth, ...ofBegun, budgets: monthBudgets(budgets, thisMonth), now });
  await objects.put(reportKey(day), reportPage(report), 'text/html; charset=utf-8');
  await objects.put(reportCsvKey(day), reportCsv(report.sessions), 'text/csv; charset=utf-8');
  const isPublished = isWorthTelling(report) && (await publishOnce(deps, digestOf(report, day, bucket)));
  log.info('Reported', { day, month, sessions: report.sessions.length, isPublished });
  return { report: s3Uri({ bucket, key: reportKey(day) }), isPublished };
}

async function all(entries: AsyncIterable<LedgerEntry>): Promise<LedgerEntry[]> {
  const list: LedgerEntry[] = [];
  for await (const entry of entries) list.push(entry);
  return list;
}
