/**
 * Writes samples of the daily report into build/sample-report/, to look at in a browser:
 * npx tsx scripts/sample-report.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { costReport, type ReportInput } from '../core/report/figures';
import { reportPage } from '../core/report/page';
import { PROJECT_ROOT } from '../lib/project-root';
import { anEntry, sampleMonth } from '../test/support/ledger';

const FOLDER = join(PROJECT_ROOT, 'build', 'sample-report');
const now = Date.parse('2026-11-26T06:00:00Z');
const budgets: ReportInput['budgets'] = [
  { scope: 'project', name: 'vision', monthUsd: 1500 },
  { scope: 'project', name: 'speech', monthUsd: 600 },
  { scope: 'owner', name: 'ana', monthUsd: 6000 },
];

const SAMPLES: Record<string, ReportInput> = {
  month: { thisMonth: sampleMonth('2026-11', 90, 26), lastMonth: sampleMonth('2026-10', 70, 31, 2), budgets, now },
  thousand: { thisMonth: sampleMonth('2026-11', 1000, 26), lastMonth: [], budgets, now },
  one: { thisMonth: [anEntry()], lastMonth: [], budgets: [], now },
  empty: { thisMonth: [], lastMonth: [], budgets: budgets.slice(0, 1), now },
};

mkdirSync(FOLDER, { recursive: true });
for (const [name, input] of Object.entries(SAMPLES)) {
  const path = join(FOLDER, `${name}.html`);
  writeFileSync(path, reportPage(costReport(input)));
  process.stdout.write(`${path}\n`);
}
