/**
 * `npm run iam:coverage [-- --recorded] [--all]`: lists what the template's roles may do and no test did. Runs the tests
 * that drive the deployed functions, or reads with --recorded what an earlier `npm run test:stories` left behind. Exits with 1
 * when a right is neither used nor explained in reasons.ts, or a reason is wrong. With --all every right, and how often it was used.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startLocalCloud } from '../../local/cloud';
import type { RoleGrant } from '../../local/iam/grant-log';
import { isStale, synthesize } from '../../local/synthesize';
import { judge } from './judge';
import { REASONS } from './reasons';
import { withRecordedUses } from './recordings';

const ROOT = resolve(__dirname, '../..');
const ASSEMBLY = join(ROOT, 'cdk.out');
const RECORDINGS = join(ROOT, 'build', 'grants');

async function main(): Promise<void> {
  if (!process.argv.includes('--recorded')) runTests();
  if (isStale(ROOT, ASSEMBLY)) await synthesize(ROOT, ASSEMBLY);
  const grants = withRecordedUses(RECORDINGS, await declaredGrants());
  const { unexplained, wrongReasons } = judge(grants, REASONS);
  const used = grants.filter(({ uses }) => uses > 0).length;
  const explained = grants.length - used - unexplained.length;
  console.log(
    `${grants.length} rights granted: ${used} used, ${explained} unused for a reason, ${unexplained.length} unexplained`,
  );
  if (process.argv.includes('--all')) for (const grant of grants) console.log(`${grant.uses} × ${inWords(grant)}`);
  for (const grant of unexplained) console.log(`unused: ${inWords(grant)}`);
  for (const problem of wrongReasons) console.log(`wrong reason: ${problem}`);
  if (unexplained.length + wrongReasons.length > 0) process.exitCode = 1;
}

const inWords = ({ role, action, resource, condition }: RoleGrant) =>
  `${role} ${action} on ${resource}${condition === '{}' ? '' : ` if ${condition}`}`;

function runTests(): void {
  rmSync(RECORDINGS, { recursive: true, force: true });
  const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  const env = { ...process.env, RUNCTL_STORIES: '1' };
  const { status } = spawnSync(process.execPath, [jest, 'test/stories'], { cwd: ROOT, env, stdio: 'inherit' });
  if (status !== 0) throw new Error('Tests failed: what they would have used is not known.');
}

/** As the local cloud reads them from the template. */
async function declaredGrants(): Promise<readonly RoleGrant[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'runctl-grants-'));
  try {
    const cloud = await startLocalCloud({ assemblyDir: ASSEMBLY, dataDir, port: 0 });
    const grants = cloud.grants();
    await cloud.close();
    return grants;
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
