import { EC2Client } from '@aws-sdk/client-ec2';
import { Ec2Fleet } from '../../aws/ec2-fleet';
import { Ec2Inventory } from '../../aws/ec2-inventory';
import { AL2023, testEc2 } from '../ec2/support';
import { clientOptions, startTestGateway } from '../gateway/start-test-gateway';

async function start() {
  const local = testEc2();
  const gateway = await startTestGateway({ services: [local.ec2] });
  const client = new EC2Client(clientOptions(gateway));
  const fleet = new Ec2Fleet({ client, clock: local.clock });
  const tags = (ResourceType: string, more: Record<string, string> = {}) => [
    {
      ResourceType,
      Tags: Object.entries({ CreatedBy: 'runctl', ...more }).map(([Key, Value]) => ({ Key, Value })),
    },
  ];
  const run = async (more?: Record<string, string>) => {
    const launch = { ImageId: AL2023, InstanceType: 'm5.large', MinCount: 1, MaxCount: 1 };
    const { Instances } = await local.call('RunInstances', { ...launch, TagSpecifications: tags('instance', more) });
    return Instances[0].InstanceId as string;
  };
  const createVolume = async () => {
    const volume = { AvailabilityZone: 'us-east-1a', Size: 8, VolumeType: 'gp3', TagSpecifications: tags('volume') };
    const { VolumeId } = await local.call('CreateVolume', volume);
    await local.clock.advance(2_000);
    return VolumeId as string;
  };
  return { ...local, client, fleet, inventory: new Ec2Inventory(client, fleet), run, createVolume, gateway };
}

let local: Awaited<ReturnType<typeof start>>;
beforeEach(async () => {
  local = await start();
});
afterEach(async () => {
  local.client.destroy();
  await local.gateway.close();
});

const idsIn = (page: { items: { resourceId: string }[] }) => page.items.map(({ resourceId }) => resourceId);

describe('the inventory', () => {
  it('has what carries runctl’s tag and stands, with runctl’s own tags', async () => {
    const id = await local.run({ SessionId: 'a', Protected: 'true', Team: 'nlp' });
    await local.run({ CreatedBy: 'somebody' });
    const gone = await local.run();
    await local.call('TerminateInstances', { InstanceIds: [gone] });
    const { items, next } = await local.inventory.page('instance', undefined);
    expect(next).toBeUndefined();
    expect(items).toEqual([
      {
        ...{ kind: 'instance', resourceId: id, instanceType: 'm5.large', market: 'on-demand', state: 'pending' },
        ...{ zone: expect.stringMatching(/^us-east-1/), createdAt: expect.stringMatching(/^2026-.*Z$/) },
        tags: { CreatedBy: 'runctl', SessionId: 'a', Protected: 'true' },
      },
    ]);
  });

  it('has volumes that are attached to nothing, and begins anew with a token that EC2 does not take', async () => {
    const id = await local.createVolume();
    await local.run();
    expect(await local.inventory.page('volume', 'too old')).toMatchObject({
      items: [{ kind: 'volume', resourceId: id, volumeType: 'gp3', sizeGiB: 8, state: 'available' }],
    });
  });

  it('finds by id what has ended or is not ours any more, and leaves out what EC2 does not know', async () => {
    const id = await local.run({ CreatedBy: 'somebody' });
    await local.call('TerminateInstances', { InstanceIds: [id] });
    const volume = await local.createVolume();
    const found = await local.inventory.find([id, volume, 'i-0123456789abcdef0', 'vol-0123456789abcdef0']);
    expect(found.map(({ resourceId }) => resourceId)).toEqual([id, volume]);
    expect(found[0]?.tags).toEqual({ CreatedBy: 'somebody' });
  });

  it('ends instances and volumes; what is gone already is no error', async () => {
    await local.run();
    await local.createVolume();
    const all = [
      ...(await local.inventory.page('instance', undefined)).items,
      ...(await local.inventory.page('volume', undefined)).items,
    ];
    await local.inventory.end(all);
    await local.clock.advance(10_000);
    expect(idsIn(await local.inventory.page('instance', undefined))).toEqual([]);
    expect(idsIn(await local.inventory.page('volume', undefined))).toEqual([]);
    await local.inventory.end(all);
  });

  it('ends all the others when EC2 refuses one', async () => {
    const [protectedId, other] = [await local.run(), await local.run()];
    const terminated: string[] = [];
    const terminate = async (ids: readonly string[]) => {
      if (ids.includes(protectedId)) throw new Error('OperationNotPermitted');
      terminated.push(...ids);
    };
    const { items } = await local.inventory.page('instance', undefined);
    await expect(new Ec2Inventory(local.client, { terminate }).end(items)).rejects.toThrow('OperationNotPermitted');
    expect(terminated).toEqual([other]);
  });
});
