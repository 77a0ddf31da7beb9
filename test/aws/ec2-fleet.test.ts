import { EC2Client } from '@aws-sdk/client-ec2';
import { createFleetInput } from '../../aws/create-fleet-input';
import { Ec2Fleet } from '../../aws/ec2-fleet';
import type { LaunchRequest } from '../../core/session/session';
import { launchTags } from '../../core/tags';
import { IMAGES } from '../../local/data/images';
import { makeTemplate, testEc2 } from '../ec2/support';
import { clientOptions, startTestGateway } from '../gateway/start-test-gateway';

async function start() {
  const local = testEc2();
  const launchTemplateId = makeTemplate(local);
  const gateway = await startTestGateway({ services: [local.ec2] });
  const client = new EC2Client(clientOptions(gateway));
  const [image] = IMAGES.filter(({ architecture }) => architecture === 'x86_64');
  const amiId = image?.imageId ?? '';
  const fleet = new Ec2Fleet({ client, clock: local.clock, launchTemplateId, pause: async () => {} });
  const request = (changes: Partial<LaunchRequest> = {}): LaunchRequest => ({
    clientToken: 'f'.repeat(64),
    market: 'spot',
    nodes: 1,
    volumeGiB: 30,
    pools: local.subnetIds.map((subnetId) => ({
      ...{ instanceType: 'm5.large', subnetId, amiId, rootDeviceName: '/dev/xvda', volumeGiB: 30 },
    })),
    tags: launchTags({
      ...{ sessionId: 'digits-1', attempt: 3, expiresAt: '2026-12-01T00:00:00.000Z', defaults: {} },
      job: { name: 'digits', project: 'vision', owner: 'ana', tags: { Team: 'nlp' } },
    }),
    ...changes,
  });
  return { ...local, fleet, request, close: () => gateway.close() };
}

let local: Awaited<ReturnType<typeof start>>;
beforeEach(async () => {
  local = await start();
});
afterEach(() => local.close());

describe('the fleet', () => {
  it('launches spot instances with their tags, and says where they are', async () => {
    const { instances, errors } = await local.fleet.launch(local.request());

    expect(errors).toEqual([]);
    expect(instances).toEqual([
      {
        instanceId: expect.stringMatching(/^i-[0-9a-f]{17}$/),
        instanceType: 'm5.large',
        zone: expect.stringMatching(/^us-east-1/),
        privateAddress: expect.stringMatching(/^127\.0\./),
        hasPublicAddress: null,
        launchedAt: expect.stringMatching(/^2026-/),
      },
    ]);
    expect(await local.fleet.look('digits-1')).toMatchObject([
      { sessionId: 'digits-1', attempt: 3, market: 'spot', instanceId: instances[0]?.instanceId },
    ]);
    expect(await local.fleet.look('another')).toEqual([]);
  });

  it('says where an instance was that EC2 took back before anybody saw it, and since when', async () => {
    const launchedAt = new Date(local.clock.now()).toISOString();
    const first = await local.fleet.launch(local.request());
    await local.ec2.kill(first.instances[0]?.instanceId ?? '');
    await local.clock.advance(10 * 60_000);

    const again = await local.fleet.launch(local.request());

    expect(again.instances).toMatchObject([{ zone: expect.stringMatching(/^us-east-1/), privateAddress: null }]);
    expect(again.instances[0]?.launchedAt.slice(0, 16)).toBe(launchedAt.slice(0, 16));
  });

  it('launches a gang whole, in one zone, in its placement group; or not at all', async () => {
    await local.call('CreatePlacementGroup', { GroupName: 'near', Strategy: 'cluster' });
    const { instances } = await local.fleet.launch(local.request({ nodes: 3, placementGroup: 'near' }));
    expect(instances).toHaveLength(3);
    expect(new Set(instances.map(({ zone }) => zone)).size).toBe(1);
    const groups = local.ec2.instances().map(({ spec }) => spec.placementGroup);
    expect(groups).toEqual(['near', 'near', 'near']);

    const unknown = local.request({ nodes: 3, placementGroup: 'far', clientToken: 'b'.repeat(64) });
    expect(await local.fleet.launch(unknown)).toMatchObject({
      instances: [],
      errors: [{ code: 'InvalidPlacementGroup.Unknown' }],
    });
    local.ec2.capacity({ available: 4 });
    const tooMany = local.request({ nodes: 3, clientToken: 'c'.repeat(64) });
    expect((await local.fleet.launch(tooMany)).instances).toEqual([]);
  });

  it('replays the same request without launching again', async () => {
    const first = await local.fleet.launch(local.request());
    const again = await local.fleet.launch(local.request());
    expect(again.instances).toEqual(first.instances);
    expect(local.ec2.instances()).toHaveLength(1);
  });

  it('names each pool that had no room', async () => {
    local.ec2.capacity({ code: 'InsufficientInstanceCapacity' });
    const { instances, errors } = await local.fleet.launch(local.request({ market: 'on-demand' }));
    expect(instances).toEqual([]);
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatchObject({
      instanceType: 'm5.large',
      market: 'on-demand',
      code: 'InsufficientInstanceCapacity',
    });
  });

  it('a throttled call may be made again', async () => {
    local.ec2.capacity({ code: 'RequestLimitExceeded' });
    await expect(local.fleet.launch(local.request())).rejects.toMatchObject({ name: 'AwsUnavailable' });
  });

  it("EC2's refusal of the whole call is told as an error of all pools", async () => {
    const pools = local.request().pools.map((pool) => ({ ...pool, subnetId: 'subnet-0123456789abcdef0' }));
    const { instances, errors } = await local.fleet.launch(local.request({ pools }));
    expect(instances).toEqual([]);
    expect(errors).toMatchObject([{ instanceType: null, zone: null, code: 'InvalidSubnetID.NotFound' }]);
  });

  it('terminates what is there and is not stopped by an id that EC2 has forgotten', async () => {
    const { instances } = await local.fleet.launch(local.request());
    const [id = ''] = instances.map(({ instanceId }) => instanceId);
    await local.fleet.terminate(['i-0123456789abcdef0', id]);
    expect((await local.fleet.find(id))?.state).toMatch(/shutting-down|terminated/);
    await expect(local.fleet.terminate(['i-0123456789abcdef0'])).resolves.toBeUndefined();
  });

  it('finds nobody under an id that does not exist', async () => {
    expect(await local.fleet.find('i-0123456789abcdef0')).toBeUndefined();
  });
});

describe('the CreateFleet call', () => {
  it('asks for several nodes as a gang: one type, one zone, all or none', async () => {
    const { SpotOptions, TargetCapacitySpecification } = createFleetInput(local.request({ nodes: 4 }), 'lt-1');
    expect(SpotOptions).toEqual({
      AllocationStrategy: 'price-capacity-optimized',
      SingleInstanceType: true,
      SingleAvailabilityZone: true,
      MinTargetCapacity: 4,
    });
    expect(TargetCapacitySpecification).toEqual({ TotalTargetCapacity: 4, DefaultTargetCapacityType: 'spot' });
  });

  it('is the same, byte for byte, for the same request', () => {
    const input = () => JSON.stringify(createFleetInput(local.request(), 'lt-1'));
    expect(input()).toBe(input());
  });
});
