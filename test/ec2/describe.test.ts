import { AL2023, type TestEc2, testEc2 } from './support';

describe('looking at EC2', () => {
  let test: TestEc2;

  beforeEach(() => {
    test = testEc2();
  });

  const run = async (input: object = {}) =>
    (await test.call('RunInstances', { ImageId: AL2023, MinCount: 1, MaxCount: 1, ...input })).Instances.map(
      (instance: { InstanceId: string }) => instance.InstanceId,
    ) as string[];

  const ids = async (input: object) =>
    (await test.call('DescribeInstances', input)).Reservations.flatMap(
      (reservation: { Instances: { InstanceId: string }[] }) => reservation.Instances,
    ).map((instance: { InstanceId: string }) => instance.InstanceId) as string[];

  const tagged = (Value: string) => ({
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value }] }],
  });

  it('finds instances by tags, states and wildcards', async () => {
    const [ana] = await run(tagged('runctl-training'));
    const [bob] = await run(tagged('web.server'));
    const byTag = (pattern: string) => ids({ Filters: [{ Name: 'tag:Name', Values: [pattern] }] });
    expect(await byTag('runctl-*')).toEqual([ana]);
    expect(await byTag('web?server')).toEqual([bob]);
    expect(await byTag('runctl')).toEqual([]);
    expect(await byTag('.*')).toEqual([]);
    expect(await ids({ Filters: [{ Name: 'tag-key', Values: ['Name'] }] })).toEqual([ana, bob]);
    await test.call('TerminateInstances', { InstanceIds: [bob] });
    const alive = [{ Name: 'instance-state-name', Values: ['pending', 'running'] }];
    expect(await ids({ Filters: alive })).toEqual([ana]);
    await expect(ids({ Filters: [{ Name: 'no-such', Values: [] }] })).rejects.toMatchObject({
      name: 'LocalUnsupported',
    });
  });

  it('pages', async () => {
    const launched = await run({ MinCount: 5, MaxCount: 5 });
    const first = await test.call('DescribeInstances', { MaxResults: 3 });
    expect(first.Reservations[0].Instances).toHaveLength(3);
    const rest = await ids({ MaxResults: 3, NextToken: first.NextToken });
    expect(rest).toEqual(launched.slice(3));
  });

  it('changes tags, and refuses those that it must not or cannot serve', async () => {
    const [id] = await run({ ...tagged('a'), MetadataOptions: { InstanceMetadataTags: 'enabled' } });
    await test.call('CreateTags', {
      Resources: [id],
      Tags: [
        { Key: 'Name', Value: 'b' },
        { Key: 'Extra', Value: '1' },
      ],
    });
    await test.call('DeleteTags', { Resources: [id], Tags: [{ Key: 'Extra' }, { Key: 'Name', Value: 'not it' }] });
    const { Tags } = await test.call('DescribeTags', { Filters: [{ Name: 'resource-id', Values: [id] }] });
    expect(Tags).toEqual([{ ResourceId: id, ResourceType: 'instance', Key: 'Name', Value: 'b' }]);
    const add = (Key: string) => test.call('CreateTags', { Resources: [id], Tags: [{ Key, Value: '' }] });
    await expect(add('aws:mine')).rejects.toThrow('reserved');
    await expect(add('two words')).rejects.toThrow('not a valid tag key');
    await expect(test.call('CreateTags', { Resources: ['i-00000000000000000'], Tags: [] })).rejects.toMatchObject({
      name: 'InvalidInstanceID.NotFound',
    });
  });

  it('gives spot prices that hold still, differ by zone, and reach back; with the price in force at the start', async () => {
    const history = (input: object) =>
      test.call('DescribeSpotPriceHistory', {
        InstanceTypes: ['g5.xlarge'],
        ProductDescriptions: ['Linux/UNIX'],
        ...input,
      });
    const now = await history({ StartTime: new Date(test.clock.now()) });
    expect(now.SpotPriceHistory).toHaveLength(5);
    for (const { SpotPrice, Timestamp } of now.SpotPriceHistory) {
      expect(Number(SpotPrice)).toBeGreaterThan(1.006 * 0.2);
      expect(Number(SpotPrice)).toBeLessThan(1.006 * 0.7);
      expect(Timestamp.getTime()).toBeLessThanOrEqual(test.clock.now());
    }
    expect(new Set(now.SpotPriceHistory.map((price: { SpotPrice: string }) => price.SpotPrice)).size).toBeGreaterThan(
      1,
    );
    await test.clock.advance(24 * 3_600_000);
    const later = await history({
      AvailabilityZone: 'us-east-1a',
      StartTime: new Date(test.clock.now() - 24 * 3_600_000),
    });
    expect(later.SpotPriceHistory.length).toBeGreaterThan(4);
    expect(now.SpotPriceHistory).toContainEqual(later.SpotPriceHistory.at(-1));
    const page = await history({ MaxResults: 10 });
    expect(page.SpotPriceHistory).toHaveLength(10);
    expect((await history({ MaxResults: 10, NextToken: page.NextToken })).SpotPriceHistory).not.toEqual(
      page.SpotPriceHistory,
    );
  });

  it('knows instance types, where they are offered, and images', async () => {
    const { InstanceTypes } = await test.call('DescribeInstanceTypes', {
      InstanceTypes: ['p4d.24xlarge', 'c7g.large'],
    });
    expect(InstanceTypes).toMatchObject([
      {
        InstanceType: 'c7g.large',
        ProcessorInfo: { SupportedArchitectures: ['arm64'] },
        VCpuInfo: { DefaultVCpus: 2 },
      },
      { InstanceType: 'p4d.24xlarge', GpuInfo: { Gpus: [{ Name: 'A100', Count: 8 }], TotalGpuMemoryInMiB: 327_680 } },
    ]);
    await expect(test.call('DescribeInstanceTypes', { InstanceTypes: ['g9.xlarge'] })).rejects.toMatchObject({
      name: 'InvalidInstanceType',
    });
    const { InstanceTypeOfferings } = await test.call('DescribeInstanceTypeOfferings', {
      LocationType: 'availability-zone',
      Filters: [{ Name: 'instance-type', Values: ['g5.xlarge'] }],
    });
    const zones = InstanceTypeOfferings.map((offering: { Location: string }) => offering.Location);
    expect(zones).toContain('us-east-1a');
    expect(zones).not.toContain('us-east-1e');
    const { Images } = await test.call('DescribeImages', {
      Owners: ['amazon'],
      Filters: [{ Name: 'name', Values: ['ubuntu/images/*24.04-arm64*'] }],
    });
    expect(Images).toMatchObject([{ RootDeviceName: '/dev/sda1', Architecture: 'arm64' }]);
  });

  it('refuses an image of another architecture, and a root disk smaller than its snapshot', async () => {
    await expect(run({ InstanceType: 'c7g.large' })).rejects.toThrow('does not match the architecture');
    const BlockDeviceMappings = [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 4 } }];
    await expect(run({ BlockDeviceMappings })).rejects.toMatchObject({ name: 'InvalidBlockDeviceMapping' });
    await expect(
      run({ InstanceType: 'g5.xlarge', Placement: { AvailabilityZone: 'us-east-1e' } }),
    ).rejects.toMatchObject({
      name: 'Unsupported',
    });
  });

  it('launches as many as it may between MinCount and MaxCount', async () => {
    test.ec2.capacity({ market: 'on-demand', available: 2 });
    expect(await run({ MinCount: 1, MaxCount: 5 })).toHaveLength(2);
    await expect(run()).rejects.toMatchObject({ name: 'InsufficientInstanceCapacity', statusCode: 500 });
  });

  it('keeps versions of launch templates', async () => {
    const { LaunchTemplate } = await test.call('CreateLaunchTemplate', {
      LaunchTemplateName: 'versions',
      LaunchTemplateData: { ImageId: AL2023, InstanceType: 't3.micro' },
    });
    const reference = { LaunchTemplateId: LaunchTemplate.LaunchTemplateId };
    await test.call('CreateLaunchTemplateVersion', {
      ...reference,
      SourceVersion: '1',
      LaunchTemplateData: { InstanceType: 't3.small' },
    });
    const launchedType = async (Version: string) => {
      const input = { LaunchTemplate: { ...reference, Version }, MinCount: 1, MaxCount: 1 };
      return (await test.call('RunInstances', input)).Instances[0].InstanceType;
    };
    expect(await launchedType('$Default')).toBe('t3.micro');
    expect(await launchedType('$Latest')).toBe('t3.small');
    const latest = await test.call('DescribeLaunchTemplateVersions', { ...reference, Versions: ['$Latest'] });
    expect(latest.LaunchTemplateVersions).toMatchObject([
      { VersionNumber: 2, LaunchTemplateData: { ImageId: AL2023 } },
    ]);
    await expect(launchedType('7')).rejects.toMatchObject({ name: 'InvalidLaunchTemplateId.VersionNotFound' });
  });
});
