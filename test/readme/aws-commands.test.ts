/**
 * Runs every AWS command of the README, and then those of docs/operations.md, in order, with the real AWS CLI against the local cloud. What needs an account
 * (deploy, destroy) is marked in the README, and nothing else may be.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { type LocalCloud, startLocalCloud } from '../../local/cloud';
import { type Clients, clientsFor, closeClients } from '../../scripts/quickstart/clients';
import { instancesLeft } from '../../scripts/quickstart/instances';
import { findAwsCli } from './aws-cli';
import { commandsOf, OPERATIONS, shellBlocks } from './readme-blocks';

const ROOT = path.join(__dirname, '../..');
const awsCli = findAwsCli();
const mustRun = process.env['RUNCTL_REQUIRE_TOOLS'] !== undefined;
if (awsCli === undefined && !mustRun) {
  console.warn('The AWS CLI (version 2) is not installed: the README’s AWS commands are not run.');
}
const whenInstalled = awsCli === undefined && !mustRun ? it.skip : it;

/** What the README has for the local cloud's default port. */
const LOCAL_ENDPOINT = 'http://127.0.0.1:4566';
/** Real time for the commands, ten minutes a minute for the waits of the control plane. */
const SPEED = 10;
const LIMIT_MS = 240_000;

it('marks as needing an account only what deploys, and destroy', async () => {
  const commands = (await shellBlocks('aws-account')).flatMap(commandsOf);
  expect(commands).toEqual([
    'npx cdk bootstrap',
    'npx cdk deploy --outputs-file outputs.json',
    expect.stringMatching(/^aws ssm put-parameter --name \/alerts\/slack --type SecureString /),
    'npx cdk deploy -c slackWebhookParameter=/alerts/slack --outputs-file outputs.json',
    'npx cdk destroy',
  ]);
});

it('has no AWS command outside the marked blocks', async () => {
  const readme = await readFile(path.join(ROOT, 'README.md'), 'utf8');
  const onAws = readme.slice(readme.indexOf('\n## On AWS'), readme.indexOf('\n## Development'));
  expect(onAws.match(/^```\w*$/gm)?.filter((fence) => fence !== '```') ?? []).toEqual([]);
});

whenInstalled(
  'runs them all: submits, watches, downloads, stops gracefully and hard',
  async () => {
    if (awsCli === undefined)
      throw new Error('RUNCTL_REQUIRE_TOOLS is set, but the AWS CLI (version 2) is not installed.');
    const folder = await mkdtemp(path.join(tmpdir(), 'readme-'));
    const cloud = await startLocalCloud({
      assemblyDir: path.join(ROOT, 'cdk.out'),
      dataDir: path.join(folder, 'cloud'),
      port: 0,
      speed: SPEED,
    });
    const clients = clientsFor(cloud);
    try {
      const said = await runCommands(awsCli, folder, cloud);
      await expectEnds(clients, said);
      const metrics = await readFile(path.join(folder, 'results', said.SESSION ?? '', 'metrics.json'), 'utf8');
      expect(JSON.parse(metrics).accuracy).toBeGreaterThanOrEqual(0.9);
      await until(async () => (await instancesLeft(clients.ec2)).length === 0);
    } finally {
      closeClients(clients);
      await cloud.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
  LIMIT_MS,
);

type Variables = Partial<Record<'SESSION' | 'EXECUTION' | 'STOPPED' | 'ABORTED', string>>;

/** One shell for all blocks, as a reader's terminal would be. Returns what the README's variables were in the end. */
async function runCommands(awsCli: string, folder: string, cloud: LocalCloud): Promise<Variables> {
  await symlink(path.join(ROOT, 'examples'), path.join(folder, 'examples'));
  await writeFile(path.join(folder, 'outputs.json'), JSON.stringify(outputsOf(cloud)));
  const script = [
    'set -euo pipefail',
    'aws() { command "$AWS_CLI" "$@"; }',
    ...(await shellBlocks('local')).map((block) => block.replaceAll(LOCAL_ENDPOINT, cloud.endpoint)),
    'aws() { command "$AWS_CLI" --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }',
    ...(await shellBlocks('aws')),
    ...(await shellBlocks('aws', OPERATIONS)),
    ...['SESSION', 'EXECUTION', 'STOPPED', 'ABORTED'].map((name) => `echo "variable ${name}=$${name}"`),
  ].join('\n');
  const output = await bash(script, folder, { AWS_CLI: awsCli, AWS_ENDPOINT_URL: cloud.endpoint });
  return Object.fromEntries([...output.matchAll(/^variable (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
}

/** As `cdk deploy --outputs-file` writes them. */
function outputsOf({ stateMachineArn, bucket, logGroup, topicArn, tableName }: LocalCloud) {
  return {
    Runctl: {
      StateMachineArn: stateMachineArn,
      BucketName: bucket,
      LogGroupName: logGroup,
      TopicArn: topicArn,
      TableName: tableName,
    },
  };
}

function bash(script: string, cwd: string, env: Record<string, string>): Promise<string> {
  const child = spawn('bash', ['-c', script], {
    cwd,
    env: {
      PATH: process.env['PATH'],
      HOME: cwd,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_PAGER: '',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`The README's commands ended with ${code}.\n${stdout}\n${stderr}`));
    });
  });
}

async function expectEnds({ states }: Clients, { EXECUTION, STOPPED, ABORTED }: Variables): Promise<void> {
  const describe = (executionArn: string | undefined) => states.send(new DescribeExecutionCommand({ executionArn }));
  expect(await describe(EXECUTION)).toMatchObject({ status: 'SUCCEEDED' });
  await until(async () => (await describe(STOPPED)).status !== 'RUNNING');
  expect(await describe(STOPPED)).toMatchObject({ status: 'FAILED', error: 'StoppedByUser' });
  expect(await describe(ABORTED)).toMatchObject({ status: 'ABORTED' });
}

async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 200));
}
