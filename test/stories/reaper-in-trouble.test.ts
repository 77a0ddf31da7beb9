/** The reaper, whatever happens to its passes: what it found is told first, ended in a later pass, and told to be gone, once each. */
import { DescribeInstancesCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { HOUR_MS } from '../../core/time';
import type { AuthorizationRequest } from '../../local/gateway/authorize';
import { AwsError } from '../../local/service';
import type { LambdaFault } from '../../local/services/lambda/lambda-function';
import { World } from './support/world';

/** Some 45 minutes from launch to being gone, and half an hour for the trouble. */
const PATIENCE_MS = 220_000;
const IMAGE = 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';

interface Call extends AuthorizationRequest {
  /** Reports that were out when it was made. */
  told: number;
}

describe('a zombie', () => {
  let world: World;
  let faultOf: () => LambdaFault | undefined = () => undefined;
  let isSnsAway = false;
  let refused = 0;
  const calls: Call[] = [];
  const isReaper = (name: string) => name.includes('ReapZombies');

  beforeAll(async () => {
    world = await World.start({
      speed: 60,
      cloud: { faults: { lambda: (name) => (isReaper(name) ? faultOf() : undefined) }, onCall },
    });
  });
  afterAll(() => world?.close());
  afterEach(() => {
    faultOf = () => undefined;
    isSnsAway = false;
  });

  function onCall(call: AuthorizationRequest): void {
    if (!isReaper(call.caller.arn)) return;
    calls.push({ ...call, told: world.cloud.notifications().length });
    if (!isSnsAway || call.serviceId !== 'sns') return;
    refused += 1;
    throw new AwsError('InternalError', 'SNS is away', { statusCode: 500 });
  }

  async function launchZombie(): Promise<string> {
    const Tags = Object.entries({ CreatedBy: 'runctl', SessionId: world.newName('forgotten') }).map(([Key, Value]) => ({
      Key,
      Value,
    }));
    const { Instances } = await world.ec2.send(
      new RunInstancesCommand({
        ...{ ImageId: IMAGE, InstanceType: 'm5.large', MinCount: 1, MaxCount: 1 },
        TagSpecifications: [{ ResourceType: 'instance', Tags }],
      }),
    );
    return Instances?.[0]?.InstanceId ?? '';
  }

  async function stateOf(InstanceId: string): Promise<string | undefined> {
    const { Reservations } = await world.ec2.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId] }));
    return Reservations?.[0]?.Instances?.[0]?.State?.Name;
  }

  /** Reports that have this of the resource, with the place of each among all notifications. */
  const reports = (resourceId: string, text: string) =>
    world.cloud
      .notifications()
      .map(({ message }, index) => ({ message, index }))
      .filter(({ message }) =>
        message.split('\n\n').some((part) => part.startsWith(`${resourceId}:`) && part.includes(text)),
      );
  const found = (id: string) => reports(id, 'Next:');
  const over = (id: string) => reports(id, 'EC2 confirms it');
  const endings = (id: string) =>
    calls.filter(({ operation, input }) => operation === 'TerminateInstances' && JSON.stringify(input).includes(id));
  const until = (what: string, isSo: () => boolean | Promise<boolean>) =>
    world.until(what, async () => isSo(), PATIENCE_MS);

  /** Told once, ended after that, told to be gone once. */
  async function expectItsEnd(id: string): Promise<void> {
    await until('it is told to be gone', () => over(id).length > 0);
    expect(await stateOf(id)).toBe('terminated');
    expect([found(id).length, over(id).length]).toEqual([1, 1]);
    expect(endings(id)[0]?.told).toBeGreaterThan(found(id)[0]?.index ?? Number.POSITIVE_INFINITY);
  }

  /** One pass by hand, beside those of the schedule. */
  async function pass(): Promise<{ isComplete: boolean }> {
    const { endpoint, region, stack } = world.cloud;
    const credentials = { accessKeyId: 'story', secretAccessKey: 'story' };
    const [, reaper] = [...stack.resources].find(([id]) => id.includes('ReapZombiesFunction')) ?? [];
    const lambda = new LambdaClient({ endpoint, region, credentials });
    const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: reaper?.ref, Payload: '{}' }));
    return JSON.parse(Payload?.transformToString() ?? '') as { isComplete: boolean };
  }

  it('is ended and told of once by passes that overlap', async () => {
    const id = await launchZombie();
    let turnedAway = 0;
    await until('it has ended', async () => {
      const passes = await Promise.all([pass(), pass(), pass()]);
      turnedAway += passes.filter(({ isComplete }) => !isComplete).length;
      return over(id).length > 0;
    });
    expect(turnedAway).toBeGreaterThan(0);
    await expectItsEnd(id);
  });

  it('is ended by the pass after one that died between its mark and its end', async () => {
    // Where a pass over one ripe mark ends it: the same in every one.
    const id = await launchZombie();
    await until('it is reported', () => found(id).length > 0);
    let crashes = 0;
    const beforeItsEnd = callsUntilAnEnd();
    faultOf = () => (++crashes <= 1 ? { awsCall: beforeItsEnd, when: 'before' } : undefined);
    await until('a pass has died', () => crashes > 0);
    await until('another one comes', () => crashes > 1);
    await expectItsEnd(id);
    expect(endings(id).length).toBeGreaterThan(0);
  });

  /** How many calls the last pass that ended something had made with that. */
  function callsUntilAnEnd(): number {
    const end = calls.findLastIndex(({ operation }) => operation === 'TerminateInstances');
    const lockedAt = calls.findLastIndex(
      ({ operation, input }, index) =>
        index < end && operation === 'PutItem' && JSON.stringify(input).includes('LOCK#reap-zombies'),
    );
    return end - lockedAt + 1;
  }

  it('is told of before it is ended also by a reaper whose clock jumps to and fro by hours', async () => {
    const id = await launchZombie();
    const jumps = [2, -3, 2, -1].map((hours) => hours * HOUR_MS);
    const many = jumps.length;
    faultOf = () => {
      const jumpMs = jumps.shift();
      return jumpMs === undefined ? undefined : { awsCall: 2, jumpMs };
    };
    await until('it has jumped', () => jumps.length < many);
    await until('it is told to be gone', () => over(id).length > 0);
    expect(jumps).toEqual([]);
    expect(await stateOf(id)).toBe('terminated');
    expect(endings(id)[0]?.told).toBeGreaterThan(found(id)[0]?.index ?? Number.POSITIVE_INFINITY);
  });

  it('that nobody can be told of stays until SNS is back, and is told of once then', async () => {
    isSnsAway = true;
    const id = await launchZombie();
    const before = refused;
    await until('passes have failed to tell', () => refused >= before + 6);
    expect(await stateOf(id)).toBe('running');
    expect(found(id)).toEqual([]);
    isSnsAway = false;
    await expectItsEnd(id);
  });
});
