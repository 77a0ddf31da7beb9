import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProcesses } from '../../local/hosts/process-table';
import { until } from './support';

const SUPPORT = join(__dirname, 'cloud.ts');

describe('a local cloud that is killed', () => {
  let dataDir: string;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'runctl-orphans-'));
  });

  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it('leaves no process of its hosts', async () => {
    const program = join(dataDir, 'cloud.ts');
    const script = '#!/bin/sh\n(setsid sleep 100000 &) &\nsleep 100000\n';
    writeFileSync(
      program,
      `require(${JSON.stringify(SUPPORT)}).testCloud(${JSON.stringify(dataDir)}).launch(${JSON.stringify(script)})\n`,
    );
    const cloud = spawn(process.execPath, ['--import', require.resolve('tsx'), program], { stdio: 'ignore' });
    const hosts = { marker: `RUNCTL_HOST_ROOT=${join(dataDir, 'hosts')}` };
    await until(() => findProcesses(hosts).length >= 3);
    cloud.kill('SIGKILL');
    await until(() => findProcesses(hosts).length === 0);
    expect(existsSync(join(dataDir, 'hosts/.programs/watchdog.js'))).toBe(true);
  });
});
