import { AL2023, fleetRequest, makeTemplate, type TestEc2, testEc2 } from './support';

describe('the life of an instance', () => {
  let test: TestEc2;

  beforeEach(() => {
    test = testEc2();
  });

  async function launchSpot(): Promise<string> {
    const answer = await test.call('CreateFleet', fleetRequest(makeTemplate(test), [['m6i.large', test.subnetIds[0]]]));
    await test.clock.advance(5_000);
    return answer.Instances[0].InstanceIds[0];
  }

  const describeOne = async (id: string) =>
    (await test.call('DescribeInstances', { InstanceIds: [id] })).Reservations[0].Instances[0];

  const states = (id: string) =>
    test.events
      .filter((event) => event['detail-type'] === 'EC2 Instance State-change Notification')
      .map((event) => event.detail as { 'instance-id': string; state: string })
      .filter((detail) => detail['instance-id'] === id)
      .map(({ state }) => state);

  it('goes from pending to running, boots its host, and ends by the user', async () => {
    const id = await launchSpot();
    expect(test.hosts[0]?.spec).toMatchObject({ instanceId: id, lifecycle: 'spot', metadata: { tagsEnabled: true } });
    const answer = await test.call('TerminateInstances', { InstanceIds: [id] });
    expect(answer.TerminatingInstances).toMatchObject([
      { InstanceId: id, PreviousState: { Name: 'running' }, CurrentState: { Name: 'shutting-down', Code: 32 } },
    ]);
    await test.clock.advance(60_000);
    await test.call('TerminateInstances', { InstanceIds: [id] });
    expect(await describeOne(id)).toMatchObject({
      State: { Name: 'terminated', Code: 48 },
      StateReason: {
        Code: 'Client.UserInitiatedShutdown',
        Message: 'Client.UserInitiatedShutdown: User initiated shutdown',
      },
      StateTransitionReason: 'User initiated (2026-01-01 00:00:05 GMT)',
    });
    expect(states(id)).toEqual(['pending', 'running', 'shutting-down', 'terminated']);
    expect(test.hosts[0]?.journal).toEqual(['shut down']);
    expect((await test.call('DescribeVolumes')).Volumes).toEqual([]);
    await test.clock.advance(3_600_000);
    await expect(describeOne(id)).rejects.toMatchObject({ name: 'InvalidInstanceID.NotFound' });
  });

  it('gives a two-minute notice in metadata and on the bus, then is terminated by AWS', async () => {
    const id = await launchSpot();
    test.ec2.interrupt(id);
    expect(test.hosts[0]?.journal).toEqual(['terminate at 2026-01-01T00:02:05.000Z', 'rebalance']);
    expect(test.events.at(-1)).toMatchObject({
      source: 'aws.ec2',
      'detail-type': 'EC2 Spot Instance Interruption Warning',
      detail: { 'instance-id': id, 'instance-action': 'terminate' },
      resources: [`arn:aws:ec2:us-east-1a:instance/${id}`],
    });
    await test.clock.advance(119_000);
    expect((await describeOne(id)).State.Name).toBe('running');
    await test.clock.advance(10_000);
    expect(await describeOne(id)).toMatchObject({
      State: { Name: 'terminated' },
      StateReason: { Code: 'Server.SpotInstanceTermination' },
    });
  });

  it('recommends rebalancing without ending anything', async () => {
    const id = await launchSpot();
    test.ec2.rebalance(id);
    await test.clock.advance(600_000);
    expect(test.events.at(-1)).toMatchObject({
      'detail-type': 'EC2 Instance Rebalance Recommendation',
      detail: { 'instance-id': id },
    });
    expect((await describeOne(id)).State.Name).toBe('running');
  });

  it('notices soon that a machine has vanished', async () => {
    const id = await launchSpot();
    await test.ec2.kill(id);
    expect(test.hosts[0]?.journal).toEqual(['destroyed']);
    expect((await describeOne(id)).State.Name).toBe('running');
    await test.clock.advance(10_000);
    expect(await describeOne(id)).toMatchObject({
      State: { Name: 'terminated' },
      StateReason: { Code: 'Server.SpotInstanceTermination' },
    });
  });

  it('goes on saying running when a machine vanishes silently, but its checks turn impaired', async () => {
    const id = await launchSpot();
    await test.clock.advance(60_000);
    const status = async () => (await test.call('DescribeInstanceStatus', { InstanceIds: [id] })).InstanceStatuses[0];
    expect((await status()).InstanceStatus.Status).toBe('ok');
    await test.ec2.kill(id, { silent: true });
    await test.clock.advance(300_000);
    expect((await describeOne(id)).State.Name).toBe('running');
    expect(await status()).toMatchObject({
      InstanceStatus: { Status: 'impaired' },
      SystemStatus: { Status: 'impaired' },
    });
  });

  it('terminates or stops when it powers itself off, as its shutdown behaviour says', async () => {
    const id = await launchSpot();
    const { Instances } = await test.call('RunInstances', { ImageId: AL2023, MinCount: 1, MaxCount: 1 });
    await test.clock.advance(5_000);
    for (const host of test.hosts) host.events.poweredOff();
    await test.clock.advance(10_000);
    expect(await describeOne(id)).toMatchObject({
      State: { Name: 'terminated' },
      StateReason: { Code: 'Client.InstanceInitiatedShutdown' },
    });
    expect((await describeOne(Instances[0].InstanceId)).State.Name).toBe('stopped');
  });

  it('may die while pending when EC2 has no capacity after all', async () => {
    test.ec2.capacity({ afterLaunch: true, calls: 1 });
    const id = await launchSpot();
    expect(test.hosts).toEqual([]);
    expect(await describeOne(id)).toMatchObject({
      State: { Name: 'terminated' },
      StateReason: { Code: 'Server.InsufficientInstanceCapacity' },
    });
  });

  it('launches once per token, but once per zone when a zone is named', async () => {
    const run = (SubnetId: string | undefined) =>
      test.call('RunInstances', { ImageId: AL2023, MinCount: 1, MaxCount: 1, ClientToken: 'once', SubnetId });
    const first = await run(test.subnetIds[0]);
    const again = await run(test.subnetIds[0]);
    expect(again.Instances[0].InstanceId).toBe(first.Instances[0].InstanceId);
    const elsewhere = await run(test.subnetIds[1]);
    expect(elsewhere.Instances[0].InstanceId).not.toBe(first.Instances[0].InstanceId);
    const found = await test.call('DescribeInstances', { Filters: [{ Name: 'client-token', Values: ['once'] }] });
    expect(found.Reservations).toHaveLength(2);
  });
});
