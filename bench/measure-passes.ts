/** Passes of the scheduled functions at several sizes, each in a process of its own, as rows of a table. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { PassMeasurement } from './passes';
import type { Row } from './table';

const SIZES = [100, 1_000, 10_000];

/** The table is the one of the synthesized template in `assemblyDir`. */
export function passRows(assemblyDir: string): Row[] {
  const header = ['instances, two a session', 'pass', 'seconds', 'peak heap', 'AWS calls'];
  return [header, ...SIZES.flatMap((size) => measured(size, assemblyDir).map((each) => row(size, each)))];
}

function measured(instances: number, assemblyDir: string): PassMeasurement[] {
  const script = path.join(__dirname, 'passes.ts');
  const output = execFileSync(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', script, String(instances), assemblyDir],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  return JSON.parse(output) as PassMeasurement[];
}

function row(instances: number, { pass, seconds, peakHeapMiB, calls }: PassMeasurement): Row {
  return [String(instances), pass, seconds.toFixed(2), `${peakHeapMiB.toFixed(0)} MiB`, String(calls)];
}
