import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import type { CloudDescription } from '../../local/cloud';
import { synthesizeFixture } from './fixture/synthesize';

const ROOT = resolve(__dirname, '../..');
const COMMAND = [join(ROOT, 'node_modules/tsx/dist/cli.mjs'), join(ROOT, 'bin/runctl.ts'), 'local'];

/** Runs the command to its end. */
async function local(...args: string[]): Promise<{ exitCode: number; said: string }> {
  const failed = (error: { code: number; stdout: string; stderr: string }) => error;
  const run = promisify(execFile)(process.execPath, [...COMMAND, ...args]).then(
    (said) => ({ ...said, code: 0 }),
    failed,
  );
  const { code, stdout, stderr } = await run;
  return { exitCode: code, said: stdout + stderr };
}

describe('runctl local', () => {
  let folder: string;
  let dataDir: string;
  let up: ChildProcess;
  let said = '';
  let cloud: CloudDescription;
  let port: string;

  beforeAll(async () => {
    folder = synthesizeFixture();
    dataDir = mkdtempSync(join(tmpdir(), 'runctl-up-'));
    const args = ['up', '--port', '0', '--data-dir', dataDir, '--assembly', join(folder, 'cdk.out'), '--speed', '20'];
    up = spawn(process.execPath, [...COMMAND, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((ready) => {
      up.stdout?.on('data', (chunk) => {
        said += String(chunk);
        if (said.includes('aws ec2 describe-instances')) ready();
      });
    });
    cloud = JSON.parse(readFileSync(join(dataDir, 'local.json'), 'utf8')) as CloudDescription;
    port = new URL(cloud.endpoint).port;
  });
  afterAll(() => {
    up.kill('SIGKILL');
    rmSync(folder, { recursive: true });
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('up prints what a user needs, and writes it for programs', () => {
    expect(said).toContain(cloud.endpoint);
    expect(said).toContain(cloud.stateMachineArn);
    expect(said).toContain(`AWS_ENDPOINT_URL=${cloud.endpoint}`);
    expect(Object.keys(cloud)).toEqual([
      'endpoint',
      'region',
      'stateMachineArn',
      'bucket',
      'topicArn',
      'tableName',
      'logGroup',
    ]);
  });

  it('interrupt, rebalance and kill name the running instances when there is none of that id', async () => {
    const ec2 = new EC2Client({ ...cloud, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
    const run = new RunInstancesCommand({
      ImageId: 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
      InstanceType: 'm5.large',
      InstanceMarketOptions: { MarketType: 'spot' },
      MinCount: 1,
      MaxCount: 1,
    });
    const { Instances } = await ec2.send(run);
    const instanceId = Instances?.[0]?.InstanceId ?? '';
    const wrong = await local('interrupt', 'i-00000000000000000', '--port', port);
    expect(wrong).toMatchObject({ exitCode: 1, said: expect.stringMatching(`Running: .*${instanceId}`) });
    expect(await local('rebalance', instanceId, '--port', port)).toMatchObject({ exitCode: 0 });
    expect(await local('interrupt', instanceId, '--port', port)).toMatchObject({ exitCode: 0 });
    expect(await local('kill', instanceId, '--port', port)).toMatchObject({ exitCode: 0 });
  });

  it('says so when no local cloud runs there, or something else does', async () => {
    const other = createServer((_, response) => response.writeHead(404).end());
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const otherPort = String(typeof address === 'object' ? address?.port : address);
    const foreign = await local('kill', 'i-1', '--port', otherPort);
    expect(foreign).toMatchObject({ exitCode: 1, said: expect.stringContaining('it is no local cloud') });
    other.close();
    await once(other, 'close');
    const nobody = await local('kill', 'i-1', '--port', otherPort);
    expect(nobody).toMatchObject({
      exitCode: 4,
      said: expect.stringContaining(`No local cloud runs on port ${otherPort}`),
    });
  });

  it('up refuses a taken port and a missing assembly in one line', async () => {
    const assembly = ['--assembly', join(folder, 'cdk.out')];
    const taken = await local('up', '--port', port, '--data-dir', join(folder, 'other'), ...assembly);
    expect(taken.exitCode).toBe(1);
    expect(taken.said.trim()).toMatch(new RegExp(`^Port ${port} is in use.*$`));
    const missing = await local('up', '--assembly', folder, '--data-dir', join(folder, 'other'), '--port', '0');
    expect(missing).toMatchObject({ exitCode: 1, said: expect.stringContaining('no cloud assembly there') });
  });

  it('reset deletes nothing of a local cloud that is up', async () => {
    const refused = await local('reset', '--yes', '--data-dir', dataDir);
    expect(refused).toMatchObject({ exitCode: 1, said: expect.stringContaining('Stop it first') });
    expect(existsSync(join(dataDir, 'local.json'))).toBe(true);
  });

  it('up ends on SIGTERM with nothing left but its data', async () => {
    const ended = once(up, 'exit');
    up.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(existsSync(join(dataDir, 'local.json'))).toBe(false);
    await expect(fetch(`${cloud.endpoint}/_local/health`)).rejects.toThrow();
  });

  it('reset then deletes what it kept, and nothing else; it asks, or is told --yes', async () => {
    writeFileSync(join(dataDir, 'mine.txt'), '');
    expect(await local('reset', '--data-dir', dataDir)).toMatchObject({ exitCode: 2 });
    expect(await local('reset', '--yes', '--data-dir', dataDir)).toMatchObject({ exitCode: 0 });
    expect(readdirSync(dataDir)).toEqual(['mine.txt']);
  });
});
