/** `runctl drill`, whole, on a local cloud of its own. What it makes of a job that does not resume: drill-findings.test.ts. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { LocalCloudSeam } from '../../cli/context';
import type { DrillReport } from '../../cli/drill/findings';
import { startFromCheckout } from '../../local/start-from-checkout';
import { runCli } from './support/run-cli';

jest.setTimeout(400_000);

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'runctl-drill-test-'));
  for (const file of ['train.py', 'digits.csv.gz'])
    cpSync(resolve(__dirname, '../../examples/digits', file), join(cwd, file));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

async function drill() {
  const job = {
    name: 'drill',
    command: 'python3 train.py --epochs 14 --pace 20 --save-every 60',
    code: '.',
    data: 'digits.csv.gz',
    checkpoints: { pattern: 'step-*.json', resumeArg: '--resume {path}' },
    resources: { instanceTypes: ['m6i.large'] },
  };
  writeFileSync(join(cwd, 'job.json'), JSON.stringify(job));
  const seams = { localCloud: async (): Promise<LocalCloudSeam> => ({ startFromCheckout }) };
  const { exitCode, out, err } = await runCli(['drill', 'job.json', '--json'], { cwd, seams });
  if (out === '') throw new Error(err);
  return { exitCode, report: JSON.parse(out) as DrillReport };
}

it('finds that a job goes on after a notice and after the loss of its host, and measures both', async () => {
  const { exitCode, report } = await drill();
  expect(report.checks.filter(({ isOk }) => !isOk)).toEqual([]);
  expect(exitCode).toBe(0);
  const { saveSeconds, uploadSeconds, resumeAfterNoticeSeconds, resumeAfterLossSeconds } = report;
  for (const seconds of [saveSeconds, uploadSeconds]) expect(seconds).toBeGreaterThanOrEqual(0);
  for (const seconds of [resumeAfterNoticeSeconds, resumeAfterLossSeconds]) expect(seconds).toBeGreaterThan(0);
});
