import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../../local/cloud';
import type { InvocationRecord } from '../../local/services/lambda/lambda-function';
import { synthesizeFixture } from './fixture/synthesize';

let fixture: string;
let assemblyDir: string;
beforeAll(() => {
  fixture = synthesizeFixture();
  assemblyDir = join(fixture, 'cdk.out');
});
afterAll(() => rmSync(fixture, { recursive: true }));

const dataDirs: string[] = [];
function newDataDir(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'runctl-cloud-'));
  dataDirs.push(dataDir);
  return dataDir;
}
afterAll(() => {
  for (const dataDir of dataDirs) rmSync(dataDir, { recursive: true, force: true });
});

const PATIENCE_MS = 30_000;

/** Waits until `probe` gives something. */
async function eventually<T>(probe: () => Promise<T | undefined>): Promise<T> {
  for (const endsAt = performance.now() + PATIENCE_MS; performance.now() < endsAt; ) {
    const found = await probe();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Not within ${PATIENCE_MS} ms: ${probe}`);
}

function clients({ endpoint, region }: LocalCloud) {
  const config = { endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  return {
    dynamodb: new DynamoDBClient(config),
    ec2: new EC2Client(config),
    lambda: new LambdaClient(config),
    logs: new CloudWatchLogsClient(config),
    s3: new S3Client({ ...config, forcePathStyle: true }),
    sfn: new SFNClient(config),
    sqs: new SQSClient(config),
  };
}

async function recorded(cloud: LocalCloud, pk: string): Promise<number | undefined> {
  const { dynamodb } = clients(cloud);
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName: cloud.tableName, Key: { pk: { S: pk } } }));
  return Item === undefined ? undefined : Number(Item['atMs']?.N);
}

async function runExecution(cloud: LocalCloud, input: object) {
  const { sfn } = clients(cloud);
  const { stateMachineArn } = cloud;
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }));
  return eventually(async () => {
    const described = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return described.status === 'RUNNING' ? undefined : described;
  });
}

describe('a stack on the local cloud', () => {
  let cloud: LocalCloud;
  const lines: string[] = [];
  beforeAll(async () => {
    cloud = await startLocalCloud({ assemblyDir, dataDir: newDataDir(), port: 0, log: (line) => lines.push(line) });
  });
  afterAll(() => cloud?.close());

  it('runs a function on an uploaded object: S3, EventBridge, Lambda, DynamoDB, SNS and logs', async () => {
    const { s3, logs } = clients(cloud);
    await s3.send(new PutObjectCommand({ Bucket: cloud.bucket, Key: 'out/ignored', Body: 'x' }));
    await s3.send(new PutObjectCommand({ Bucket: cloud.bucket, Key: 'in/wanted', Body: 'x' }));
    await eventually(() => recorded(cloud, 'in/wanted'));
    expect(await recorded(cloud, 'out/ignored')).toBeUndefined();
    const [name] = await functionNames(cloud);
    const line = await eventually(async () => {
      const filter = new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}` });
      // The group is made with the first lines.
      const found = await logs.send(filter).catch(() => undefined);
      return found?.events?.find(({ message }) => message?.includes('recorded in/wanted'));
    });
    expect(line.message).toMatch(/\tINFO\trecorded in\/wanted/);
    expect(cloud.notifications().map(({ message }) => message)).toContain('in/wanted');
  });

  it('runs the state machine with the function’s result', async () => {
    const { status, output } = await runExecution(cloud, { id: 'from-machine' });
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(output ?? '')).toEqual({ recorded: 'from-machine' });
    expect(await recorded(cloud, 'from-machine')).toBeGreaterThan(0);
  });

  it('passes the function’s error on', async () => {
    expect(await runExecution(cloud, { fail: true })).toMatchObject({ status: 'FAILED', error: 'Asked' });
  });

  it('answers a direct invocation with the error, too', async () => {
    const [FunctionName] = await functionNames(cloud);
    const answer = await clients(cloud).lambda.send(
      new InvokeCommand({ FunctionName, Payload: Buffer.from('{"fail":true}') }),
    );
    expect(answer.FunctionError).toBe('Unhandled');
    expect(JSON.parse(Buffer.from(answer.Payload ?? []).toString())).toMatchObject({ errorType: 'Asked' });
  });

  it('has the assets that functions fetch', async () => {
    const { lambda, s3 } = clients(cloud);
    const { Functions } = await lambda.send(new ListFunctionsCommand({}));
    const { hostname: Bucket, pathname } = new URL(Functions?.[0]?.Environment?.Variables?.['ASSET'] ?? '');
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: pathname.slice(1) }));
    expect(await Body?.transformToString()).toContain('A small stack');
  });

  it('tells other processes about itself', async () => {
    const health = await fetch(`${cloud.endpoint}/_local/health`);
    const { endpoint, bucket } = cloud;
    expect(await health.json()).toMatchObject({ status: 'ok', endpoint, bucket, speed: 1 });
  });

  it('says which port is taken', async () => {
    const port = Number(new URL(cloud.endpoint).port);
    const second = startLocalCloud({ assemblyDir, dataDir: newDataDir(), port });
    await expect(second).rejects.toThrow(`Port ${port} is in use`);
  });

  it('says how to read an instance that does not run, and refuses what a web page could send', async () => {
    const post = (body: string, type = 'application/json') =>
      fetch(`${cloud.endpoint}/_local/kill`, { method: 'POST', headers: { 'content-type': type }, body });
    const unknown = await post('{"instanceId":"i-00000000000000000"}');
    expect(unknown.status).toBeGreaterThanOrEqual(400);
    expect(await unknown.json()).toMatchObject({ error: expect.stringMatching(/^InvalidInstanceID/), running: [] });
    expect((await post('{"instanceId":"i-00000000000000000"}', 'text/plain')).status).toBe(415);
    expect((await post('{')).status).toBe(400);
    expect((await post('{}')).status).toBe(400);
    expect((await fetch(`${cloud.endpoint}/_local/nothing`)).status).toBe(404);
  });

  it('logs nothing unsupported', () => {
    expect(lines.filter((line) => /LocalUnsupported|not support/.test(line))).toEqual([]);
  });
});

async function functionNames(cloud: LocalCloud): Promise<string[]> {
  const { Functions } = await clients(cloud).lambda.send(new ListFunctionsCommand({}));
  return (Functions ?? []).map(({ FunctionName = '' }) => FunctionName);
}

describe('the local cloud', () => {
  const started: LocalCloud[] = [];
  const start = async (options: Partial<LocalCloudOptions> = {}) => {
    const cloud = await startLocalCloud({ assemblyDir, dataDir: newDataDir(), port: 0, ...options });
    started.push(cloud);
    return cloud;
  };
  afterEach(async () => {
    for (const cloud of started.splice(0)) await cloud.close();
  });

  it('runs schedules on its clock: twice a rate of one minute within half a real one', async () => {
    const cloud = await start({ speed: 120 });
    const first = await eventually(() => recorded(cloud, 'Scheduled Event'));
    const second = await eventually(async () => {
      const at = await recorded(cloud, 'Scheduled Event');
      return at === first ? undefined : at;
    });
    expect(second).toBeGreaterThan(first);
  });

  it('keeps bucket and table over a restart', async () => {
    const dataDir = newDataDir();
    const before = await start({ dataDir });
    await clients(before).s3.send(new PutObjectCommand({ Bucket: before.bucket, Key: 'in/kept', Body: 'kept' }));
    await eventually(() => recorded(before, 'in/kept'));
    await before.close();
    started.pop();
    const after = await start({ dataDir });
    expect(await recorded(after, 'in/kept')).toBeGreaterThan(0);
    const { Body } = await clients(after).s3.send(new GetObjectCommand({ Bucket: after.bucket, Key: 'in/kept' }));
    expect(await Body?.transformToString()).toBe('kept');
  });

  it('can kill a function between its two side effects; the machine’s retry makes both', async () => {
    const invocations: InvocationRecord[] = [];
    const cloud = await start({
      faults: { lambda: (_, callIndex) => (callIndex === 1 ? { awsCall: 1, when: 'after' } : undefined) },
      onInvocation: (record) => invocations.push(record),
    });
    const execution = runExecution(cloud, { id: 'crashed' });
    await eventually(() => recorded(cloud, 'crashed'));
    expect((await execution).status).toBe('SUCCEEDED');
    expect(invocations).toMatchObject([{ errorType: 'Runtime.ExitError' }, { awsCalls: 2 }]);
    expect(cloud.notifications().map(({ message }) => message)).toEqual(['crashed']);
  });

  it('gives events that a function never takes to its dead-letter queue', async () => {
    const cloud = await start({ speed: 600 });
    const { lambda, sqs } = clients(cloud);
    const [FunctionName] = await functionNames(cloud);
    await lambda.send(
      new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: Buffer.from('{"fail":true}') }),
    );
    const QueueUrl = cloud.stack.resources.get(
      [...cloud.stack.resources.keys()].find((id) => id.startsWith('Dead')) ?? '',
    )?.ref;
    const body = await eventually(async () => {
      const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
      return Messages?.[0]?.Body;
    });
    expect(JSON.parse(body)).toEqual({ fail: true });
  });

  it('kills an instance for another process', async () => {
    const cloud = await start({ speed: 60 });
    const { ec2 } = clients(cloud);
    const { Instances } = await ec2.send(
      new RunInstancesCommand({
        ImageId: 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
        InstanceType: 'm5.large',
        MinCount: 1,
        MaxCount: 1,
      }),
    );
    const instanceId = Instances?.[0]?.InstanceId ?? '';
    await eventually(async () => (cloud.ec2.instances().some(({ state }) => state === 'running') ? true : undefined));
    const killed = await fetch(`${cloud.endpoint}/_local/kill`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ instanceId }),
    });
    expect(await killed.json()).toEqual({ instanceId });
    await eventually(async () =>
      cloud.ec2.instances().every(({ state }) => state === 'terminated') ? true : undefined,
    );
  });

  it('fails before it serves when there is no assembly', async () => {
    const dataDir = newDataDir();
    await expect(startLocalCloud({ assemblyDir: dataDir, dataDir, port: 0 })).rejects.toThrow(
      'no cloud assembly there',
    );
    expect(existsSync(join(dataDir, 's3'))).toBe(false);
  });
});
