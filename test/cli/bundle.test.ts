import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleCli } from '../../scripts/cli-bundle';

// Bundling takes a second of a quiet machine.
jest.setTimeout(180_000);

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

  it('ends soon after Ctrl-C, though what was asked does not answer', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const env = { ...process.env, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, AWS_REGION: 'us-east-1' };
    const asking = spawn(process.execPath, [bundle.path, 'ls'], { env, stdio: 'ignore' });
    try {
      await once(silent, 'request');
      asking.kill('SIGINT');
      expect(await once(asking, 'exit')).toEqual([130, null]);
    } finally {
      asking.kill('SIGKILL');
      silent.closeAllConnections();
      silent.close();
    }
  });

  it('says that the local cloud needs a checkout', async () => {
    const { code, stderr } = await run('local', 'up');
    expect(code).toBe(1);
    expect(stderr).toContain('The local cloud runs from a checkout');
  });
});
