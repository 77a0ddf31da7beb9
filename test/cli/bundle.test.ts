import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleCli } from '../../scripts/cli-bundle';

describe('the bundle', () => {
  let folder: string;
  let bundle: Awaited<ReturnType<typeof bundleCli>>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'runctl-bundle-'));
    bundle = await bundleCli(join(folder, 'runctl.cjs'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [bundle.path, ...args], { cwd: folder }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );

  it('runs none of the SDK, of the domain or of its libraries to show help', async () => {
    const packages = bundle.eagerModules.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
    expect([...new Set(packages)].sort()).toEqual(['@bomb.sh/tab', 'commander']);
    expect(bundle.eagerModules.filter((path) => /^(core|aws|local)\//.test(path))).toEqual([]);
    expect((await run('--help')).stdout).toContain('Usage: runctl');
  });

  it('loads the rest when a command needs it', async () => {
    const { code, stderr } = await run('ls', '--local');
    expect(code).toBe(4);
    expect(stderr).toContain('No local cloud runs here');
    expect((await run('init', '--command', 'true')).code).toBe(0);
  });

  it('says that the local cloud needs a checkout', async () => {
    const { code, stderr } = await run('local', 'up');
    expect(code).toBe(1);
    expect(stderr).toContain('The local cloud runs from a checkout');
  });
});
