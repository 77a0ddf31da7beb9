/** The examples of docs/progress.md, read as the agent reads a log. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProgressTracker } from '../../core/progress';

const page = readFileSync(join(__dirname, '../../docs/progress.md'), 'utf8');
const examples = [...page.matchAll(/```text\n(.*?)```\n(→ [^\n]*)?/gs)].map(([, log = '', said = '']) => ({
  log,
  said,
}));

function read(log: string): string {
  const tracker = new ProgressTracker();
  const lines = log.trimEnd().split('\n');
  for (const [second, line] of lines.entries()) tracker.read(line, 0, second * 1000);
  const { step, total, metrics, etaSeconds } = tracker.progress((lines.length - 1) * 1000);
  const named = Object.entries(metrics).map(([name, value]) => `${name} ${value}`);
  return [
    `→ step ${step}${total === null ? '' : ` of ${total}`}`,
    ...(named.length > 0 ? [named.join(', ')] : []),
    etaSeconds === null ? 'unknown' : `${etaSeconds} s left`,
  ].join('; ');
}

it('has examples', () => {
  expect(examples.length).toBeGreaterThan(10);
});

it.each(examples)('is true: $said', ({ log, said }) => {
  expect(read(log)).toBe(said);
});
