import { EC2Client } from '@aws-sdk/client-ec2';
import { PricingClient } from '@aws-sdk/client-pricing';
import { S3Client } from '@aws-sdk/client-s3';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import { MarketPrices, pricingRegion } from '../../aws/market-prices';
import { ServiceQuotas } from '../../aws/service-quotas';
import { SfnExecutions } from '../../aws/sfn-executions';
import { SfnReplacements } from '../../aws/sfn-replacements';
import { SfnTaskCallback } from '../../aws/sfn-task-callback';
import { SsmRunCommand } from '../../aws/ssm-run-command';
import { START_PARAMETERS } from '../../lib/start-document';
import { MemoryClock } from '../support/memory-ports';
import { failure, fakeAws } from './fake-aws';

const sha256 = 'a'.repeat(64);

describe('run command', () => {
  function runCommand(answer: Parameters<typeof fakeAws>[0]) {
    const aws = fakeAws(answer);
    const adapter = new SsmRunCommand({
      ssm: new SSMClient(aws.config),
      s3: new S3Client(aws.config),
      documentName: 'start',
      bucket: 'bucket-1',
      region: 'us-east-1',
      assetBucket: 'assets-1',
      agent: { key: 'agent.mjs', sha256 },
      runtimes: { x86_64: { key: 'x64.tgz', sha256 }, arm64: { key: 'arm64.tgz', sha256 } },
    });
    return { ...aws, adapter };
  }
  const command = { sessionId: 'digits-1', attempt: 2, instanceIds: ['i-0a'], architecture: 'arm64' as const };

  it("sends every parameter of the stack's document, each as its pattern allows", async () => {
    const { adapter, asked } = runCommand(() => ({ body: { Command: { CommandId: 'c-1' } } }));
    expect(await adapter.start(command)).toBe('c-1');

    const { body } = asked[0] ?? {};
    expect(body).toMatchObject({ DocumentName: 'start', InstanceIds: ['i-0a'], TimeoutSeconds: 600 });
    expect(Object.keys(body.Parameters).sort()).toEqual(Object.keys(START_PARAMETERS).sort());
    for (const [name, { allowedPattern }] of Object.entries(START_PARAMETERS)) {
      expect(body.Parameters[name]).toEqual([expect.stringMatching(new RegExp(allowedPattern))]);
    }
    const url = new URL(body.Parameters.nodeUrl[0]);
    expect(url.pathname).toBe('/arm64.tgz');
    expect(url.searchParams.get('X-Amz-Expires')).toBe('3600');
  });

  it('says that an instance is not ready rather than that the call was wrong', async () => {
    const { adapter } = runCommand(() => failure('InvalidInstanceId', 'Instances not in a valid state'));
    await expect(adapter.start(command)).rejects.toMatchObject({ name: 'InstanceNotReady' });
  });

  it('counts only instances whose agent is online, over all pages', async () => {
    const { adapter, asked } = runCommand(({ body }) => ({
      body: body.NextToken
        ? { InstanceInformationList: [{ InstanceId: 'i-0b', PingStatus: 'Online' }] }
        : { InstanceInformationList: [{ InstanceId: 'i-0a', PingStatus: 'ConnectionLost' }], NextToken: 'more' },
    }));
    expect(await adapter.online(['i-0a', 'i-0b', 'i-0c'])).toEqual(new Set(['i-0b']));
    expect(asked[0]?.body.Filters).toEqual([{ Key: 'InstanceIds', Values: ['i-0a', 'i-0b', 'i-0c'] }]);
  });
});

describe('task callback', () => {
  it.each(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])('%s means that nobody waits any more', async (name) => {
    const aws = fakeAws(() => failure(name, 'Task is over'));
    const tasks = new SfnTaskCallback(new SFNClient(aws.config));
    expect(await tasks.succeed('token', {})).toBe('expired');
    expect(await tasks.fail('token', 'NodeLost', 'why')).toBe('expired');
    expect(await tasks.heartbeat('token')).toBe('expired');
  });

  it("keeps error and cause within Step Functions' limits", async () => {
    const aws = fakeAws(() => ({ body: {} }));
    const tasks = new SfnTaskCallback(new SFNClient(aws.config));
    expect(await tasks.fail('token', 'TrainingFailed', 'x'.repeat(40_000))).toBe('done');
    expect(aws.asked[0]?.body.cause).toHaveLength(32_768);
  });

  it('does not take another failure for an expired token', async () => {
    const aws = fakeAws(() => failure('AccessDeniedException', 'no'));
    await expect(new SfnTaskCallback(new SFNClient(aws.config)).heartbeat('token')).rejects.toThrow('no');
  });
});

describe('executions', () => {
  it('lists all running ones, page by page', async () => {
    const aws = fakeAws(({ body }) => ({
      body: body.nextToken
        ? { executions: [{ executionArn: 'arn:2' }] }
        : { executions: [{ executionArn: 'arn:1' }], nextToken: 'more' },
    }));
    const executions = new SfnExecutions(new SFNClient(aws.config), 'arn:machine');
    expect(await executions.running()).toEqual(new Set(['arn:1', 'arn:2']));
    expect(aws.asked[0]?.body).toMatchObject({ stateMachineArn: 'arn:machine', statusFilter: 'RUNNING' });
  });

  it('for a replacement is begun once for its attempt, by name', async () => {
    const aws = fakeAws(() => ({ body: { executionArn: 'arn:1', startDate: 0 } }));
    const replacements = new SfnReplacements(new SFNClient(aws.config), 'arn:replacement');
    await replacements.prepare({ sessionId: 'digits-1', attempt: 2 });
    await replacements.prepare({ sessionId: 'digits-1', attempt: 2 });
    await replacements.prepare({ sessionId: 'digits-1', attempt: 3 });
    const names = aws.asked.map(({ body }) => body['name']);
    expect(names[0]).toMatch(/^[0-9a-f]{64}$/);
    expect([names[0] === names[1], names[0] === names[2]]).toEqual([true, false]);
    expect(aws.asked[0]?.body).toMatchObject({
      stateMachineArn: 'arn:replacement',
      input: '{"sessionId":"digits-1","attempt":2}',
    });
    const again = fakeAws(() => failure('ExecutionAlreadyExists', 'it ended a while ago'));
    await new SfnReplacements(new SFNClient(again.config), 'arn:r').prepare({ sessionId: 'digits-1', attempt: 2 });
    const denied = fakeAws(() => failure('AccessDeniedException', 'no'));
    const refused = new SfnReplacements(new SFNClient(denied.config), 'arn:r');
    await expect(refused.prepare({ sessionId: 'digits-1', attempt: 2 })).rejects.toThrow('no');
  });

  it('knows nothing of one that does not exist', async () => {
    const aws = fakeAws(() => failure('ExecutionDoesNotExist', 'no such execution'));
    expect(await new SfnExecutions(new SFNClient(aws.config), 'arn:machine').status('arn:1')).toBeUndefined();
  });
});

describe('prices and quotas', () => {
  const product = (usd: string) =>
    JSON.stringify({
      terms: { OnDemand: { a: { priceDimensions: { b: { unit: 'Hrs', pricePerUnit: { USD: usd } } } } } },
    });

  function prices(answer: Parameters<typeof fakeAws>[0]) {
    const aws = fakeAws(answer);
    const unknown: string[] = [];
    const adapter = new MarketPrices({
      ec2: new EC2Client(aws.config),
      pricing: new PricingClient(aws.config),
      region: 'us-east-1',
      clock: new MemoryClock(),
      onUnknown: (what) => unknown.push(what),
    });
    return { ...aws, adapter, unknown };
  }

  it('reads the on-demand price once and keeps it; a price of 0 (a reservation) is none', async () => {
    const { adapter, asked } = prices(() => ({ body: { PriceList: [product('0.0000'), product('1.0060')] } }));
    expect(await adapter.onDemand('g5.xlarge')).toBe(1.006);
    expect(await adapter.onDemand('g5.xlarge')).toBe(1.006);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.body.Filters).toContainEqual({ Type: 'TERM_MATCH', Field: 'regionCode', Value: 'us-east-1' });
  });

  it('a price that cannot be asked for is unknown, and is asked for again', async () => {
    const { adapter, unknown } = prices(() => failure('AccessDeniedException', 'no'));
    expect(await adapter.onDemand('g5.xlarge')).toBeNull();
    expect(await adapter.onDemand('g5.xlarge')).toBeNull();
    expect(unknown).toHaveLength(2);
  });

  it.each([
    ['eu-west-1', 'eu-central-1'],
    ['ap-northeast-1', 'ap-south-1'],
    ['us-west-2', 'us-east-1'],
  ])('the price list for %s is asked in %s', (region, expected) => expect(pricingRegion(region)).toBe(expected));

  it('a quota that cannot be read is unknown', async () => {
    const aws = fakeAws(({ body }) =>
      body.QuotaCode === 'L-1' ? { body: { Quota: { Value: 8 } } } : failure('NoSuchResourceException', 'none'),
    );
    const quotas = new ServiceQuotas(new ServiceQuotasClient(aws.config), () => {});
    expect(await quotas.value('L-1')).toBe(8);
    expect(await quotas.value('L-2')).toBeNull();
  });
});
