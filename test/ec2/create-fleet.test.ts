import { fleetRequest, makeTemplate, type TestEc2, testEc2 } from './support';

describe('CreateFleet of type instant', () => {
  let test: TestEc2;
  let template: string;

  beforeEach(() => {
    test = testEc2();
    template = makeTemplate(test);
  });

  const pools = (...types: string[]): [string, string | undefined][] =>
    types.flatMap((type) => test.subnetIds.map((subnetId): [string, string] => [type, subnetId]));

  it('launches in the cheapest pool with template, override and tags applied', async () => {
    const { Instances, Errors } = await test.call(
      'CreateFleet',
      fleetRequest(template, pools('g5.xlarge', 'g4dn.xlarge')),
    );
    expect(Errors).toEqual([]);
    expect(Instances).toMatchObject([
      { Lifecycle: 'spot', InstanceType: 'g4dn.xlarge', InstanceIds: [expect.any(String)] },
    ]);
    const { Reservations } = await test.call('DescribeInstances', {
      Filters: [
        { Name: 'tag:SessionId', Values: ['digits-*'] },
        { Name: 'instance-lifecycle', Values: ['spot'] },
      ],
    });
    const [instance] = Reservations[0].Instances;
    expect(instance.Tags).toEqual(
      expect.arrayContaining([
        { Key: 'CreatedBy', Value: 'runctl' },
        { Key: 'SessionId', Value: 'digits-1' },
      ]),
    );
    const { Volumes } = await test.call('DescribeVolumes', {
      Filters: [{ Name: 'tag:SessionId', Values: ['digits-1'] }],
    });
    expect(Volumes).toMatchObject([{ Attachments: [{ InstanceId: instance.InstanceId }] }]);
  });

  it('answers the same token with the same fleet, and refuses it with another request', async () => {
    const request = fleetRequest(template, pools('g4dn.xlarge'), { ClientToken: 'digits-1/1' });
    const first = await test.call('CreateFleet', request);
    expect(await test.call('CreateFleet', structuredClone(request))).toEqual(first);
    expect((await test.call('DescribeInstances')).Reservations).toHaveLength(1);
    await expect(test.call('CreateFleet', { ...request, ValidUntil: new Date(0) })).rejects.toMatchObject({
      name: 'IdempotentParameterMismatch',
    });
  });

  it('returns normally with an error for each pool when there is no capacity, until there is', async () => {
    test.ec2.capacity({ instanceType: 'g*', market: 'spot', calls: 1 });
    const request = fleetRequest(template, pools('g4dn.xlarge', 'g5.xlarge'));
    const dry = await test.call('CreateFleet', request);
    expect(dry.Instances).toEqual([]);
    expect(dry.Errors).toHaveLength(4);
    expect(dry.Errors[0]).toMatchObject({
      ErrorCode: 'InsufficientInstanceCapacity',
      Lifecycle: 'spot',
      LaunchTemplateAndOverrides: { Overrides: { InstanceType: 'g4dn.xlarge' } },
    });
    expect((await test.call('CreateFleet', request)).Instances).toHaveLength(1);
  });

  it('launches all nodes or none when asked for a minimum, in one zone when asked', async () => {
    test.ec2.capacity({ instanceType: 'g4dn.xlarge', availabilityZone: 'us-east-1a', available: 1 });
    test.ec2.capacity({ instanceType: 'g4dn.xlarge', availabilityZone: 'us-east-1b', available: 1 });
    const gang = (more: object) =>
      fleetRequest(template, pools('g4dn.xlarge'), {
        TargetCapacitySpecification: { TotalTargetCapacity: 2, DefaultTargetCapacityType: 'spot' },
        SpotOptions: { AllocationStrategy: 'lowest-price', MinTargetCapacity: 2, ...more },
      });
    const together = await test.call('CreateFleet', gang({ SingleAvailabilityZone: true }));
    expect(together.Instances).toEqual([]);
    const apart = await test.call('CreateFleet', gang({}));
    expect(apart.Instances.flatMap((pool: { InstanceIds: string[] }) => pool.InstanceIds)).toHaveLength(2);
  });

  it('ends at a vCPU quota as AWS words it', async () => {
    test.ec2.setQuota('L-3819A6DF', 0);
    test.ec2.setQuota('L-DB2E81BA', 4);
    const spot = await test.call('CreateFleet', fleetRequest(template, pools('g4dn.xlarge')));
    expect(spot.Errors[0]).toMatchObject({ ErrorCode: 'MaxSpotInstanceCountExceeded' });
    const onDemand = fleetRequest(template, pools('g4dn.2xlarge'), {
      TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'on-demand' },
    });
    expect((await test.call('CreateFleet', onDemand)).Errors[0]).toMatchObject({
      ErrorCode: 'VcpuLimitExceeded',
      ErrorMessage: expect.stringContaining('limit of 4'),
    });
  });

  it('refuses what it does not support', async () => {
    await expect(test.call('CreateFleet', fleetRequest(template, [], { Type: 'maintain' }))).rejects.toMatchObject({
      name: 'LocalUnsupported',
    });
    await expect(
      test.call('CreateFleet', fleetRequest(template, [], { TerminateInstancesWithExpiration: true })),
    ).rejects.toThrow('TerminateInstancesWithExpiration');
  });
});
