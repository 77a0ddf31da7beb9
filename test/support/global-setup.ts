/** Before all tests: the assembly that stories and the README's commands start the local cloud from, made once. */
import path from 'node:path';
import type { GlobalConfig } from 'jest';
import { isStale, synthesize } from '../../local/synthesize';

const ROOT = path.join(__dirname, '../..');
const ASSEMBLY = path.join(ROOT, 'cdk.out');
/** A run of other tests alone does not wait for it. */
const NEEDS_ASSEMBLY = /stor|readme|iam|cli|docs|examples|simulation|browser/;

export default async function globalSetup({ testPathPatterns }: GlobalConfig): Promise<void> {
  const { patterns } = testPathPatterns;
  const isNeeded = patterns.length === 0 || patterns.some((pattern) => NEEDS_ASSEMBLY.test(pattern));
  if (isNeeded && isStale(ROOT, ASSEMBLY)) await synthesize(ROOT, ASSEMBLY);
}
