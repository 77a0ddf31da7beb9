import { AL2023, type TestEc2, testEc2 } from './support';

const TAGS = [{ ResourceType: 'volume', Tags: [{ Key: 'CreatedBy', Value: 'runctl' }] }];

describe('volumes', () => {
  let test: TestEc2;
  beforeEach(() => {
    test = testEc2();
  });

  const create = (input: object = {}) =>
    test.call('CreateVolume', { AvailabilityZone: 'us-east-1a', Size: 8, VolumeType: 'gp3', ...input });
  const idsOf = async (...Filters: object[]) =>
    (await test.call('DescribeVolumes', { Filters })).Volumes.map((each: { VolumeId: string }) => each.VolumeId);
  const available = { Name: 'status', Values: ['available'] };

  it('are created with tags, available shortly after, and deleted', async () => {
    const { VolumeId, State } = await create({ TagSpecifications: TAGS });
    expect(State).toBe('creating');
    await test.clock.advance(1_000);
    expect(await idsOf(available, { Name: 'tag:CreatedBy', Values: ['runctl'] })).toEqual([VolumeId]);
    await test.call('DeleteVolume', { VolumeId });
    expect(await idsOf()).toEqual([]);
    await expect(test.call('DeleteVolume', { VolumeId })).rejects.toMatchObject({ name: 'InvalidVolume.NotFound' });
  });

  it('are created once per client token', async () => {
    const first = await create({ ClientToken: 'one' });
    expect((await create({ ClientToken: 'one' })).VolumeId).toBe(first.VolumeId);
    expect(await idsOf()).toHaveLength(1);
  });

  it('are not made of snapshots, nor in zones that do not exist', async () => {
    await expect(create({ SnapshotId: 'snap-0123456789abcdef0' })).rejects.toMatchObject({ name: 'LocalUnsupported' });
    await expect(create({ AvailabilityZone: 'mars-1a' })).rejects.toMatchObject({ name: 'InvalidZone.NotFound' });
  });

  it('outlive their instance when they are not deleted with it, and cannot be deleted while it has them', async () => {
    const disk = (DeleteOnTermination: boolean, DeviceName: string) => ({
      DeviceName,
      Ebs: { VolumeSize: 8, DeleteOnTermination },
    });
    const { Instances } = await test.call('RunInstances', {
      ...{ ImageId: AL2023, MinCount: 1, MaxCount: 1, TagSpecifications: TAGS },
      BlockDeviceMappings: [disk(true, '/dev/xvda'), disk(false, '/dev/sdb')],
    });
    const [{ InstanceId }] = Instances;
    const [, second] = await idsOf();
    expect(await idsOf(available)).toEqual([]);
    await expect(test.call('DeleteVolume', { VolumeId: second })).rejects.toMatchObject({ name: 'VolumeInUse' });

    await test.clock.advance(3_000);
    await test.call('TerminateInstances', { InstanceIds: [InstanceId] });
    await test.clock.advance(10_000);
    expect(await idsOf()).toEqual([second]);
    expect(await idsOf(available)).toEqual([second]);
    const { Volumes } = await test.call('DescribeVolumes');
    expect(Volumes[0]).toMatchObject({ State: 'available', Attachments: [], Tags: TAGS[0]?.Tags });
  });
});
