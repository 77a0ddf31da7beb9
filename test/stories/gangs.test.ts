/** Several nodes: all or none, from launch to last save. */
import { CreatePlacementGroupCommand, DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import type { Node } from '../../core/session/session';
import { World } from './support/world';

const GANG = { instanceTypes: ['m6i.large'], volumeGiB: 30, nodes: 2 };

describe('a gang', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({ speed: 10 });
  });
  afterEach(() => world.cloud.ec2.clearCapacity());
  afterAll(() => world?.close());

  /** Waits until every node of the attempt trains at `step`. */
  const allAt = (sessionId: string, step: number, attempt = 1): Promise<Node[]> =>
    world.until(`all nodes of ${sessionId} train at step ${step}`, async () => {
      const nodes = await world.nodes(sessionId, attempt);
      const steps = await Promise.all(nodes.map(async (node) => (await world.status(node))?.progress.step ?? 0));
      return nodes.length === GANG.nodes && steps.every((each) => each >= step) ? nodes : undefined;
    });

  it('is launched whole, in one zone, of one type, in its placement group; each node knows its place', async () => {
    const GroupName = world.newName('near');
    await world.ec2.send(new CreatePlacementGroupCommand({ GroupName, Strategy: 'cluster' }));
    const sessionId = await world.submit('--steps 5; echo "node $NODE_RANK of $NNODES at $MASTER_ADDR"', {
      resources: { ...GANG, placementGroup: GroupName },
    });
    await world.success(sessionId);
    const nodes = await world.nodes(sessionId, 1);
    expect(new Set(nodes.map(({ zone, instanceType }) => `${instanceType} ${zone}`)).size).toBe(1);
    const { Reservations } = await world.ec2.send(
      new DescribeInstancesCommand({ InstanceIds: nodes.map(({ instanceId }) => instanceId) }),
    );
    const groups = Reservations?.flatMap(({ Instances }) => Instances?.map(({ Placement }) => Placement?.GroupName));
    expect(groups).toEqual([GroupName, GroupName]);
    for (const [rank, place] of ['', 'node-1/'].entries()) {
      const log = await world.text(`results/${sessionId}/${place}train.log`);
      expect(log).toContain(`node ${rank} of 2 at ${nodes[0]?.privateAddress}`);
    }
    await world.noInstances(sessionId);
  });

  it('of which one node has its notice saves on all, and begins anew on two others from that very save', async () => {
    const sessionId = await world.submit('--steps 30 --save-every 10 --hold-at 13', { resources: GANG });
    const first = await allAt(sessionId, 13);
    await world.cloud.ec2.interrupt(first[1]?.instanceId ?? '');

    await world.success(sessionId);
    const finals = await Promise.all(first.map((node) => world.final(node)));
    expect(finals.map((final) => final?.reason)).toEqual(['PeerLost', 'SpotNotice']);
    expect(finals.map((final) => final?.lastCheckpoint?.step)).toEqual([13, undefined]);
    const session = await world.session(sessionId);
    expect(session?.attempts.map(({ nodes }) => nodes.length)).toEqual([2, 2]);
    expect(session?.attempts[0]?.verdict?.error).toBe('SpotInterrupted');
    for (const place of ['', 'node-1/']) {
      expect(await world.json(`results/${sessionId}/${place}result.json`)).toEqual({ steps: 30, resumedAt: 13 });
    }
    await world.noInstances(sessionId);
  });

  it('of which one node vanishes saves on the other before the next gang trains', async () => {
    const sessionId = await world.submit('--steps 30 --save-every 10 --hold-at 13', { resources: GANG });
    const first = await allAt(sessionId, 13);
    await world.cloud.ec2.kill(first[1]?.instanceId ?? '');

    await world.success(sessionId);
    expect(await world.json(`results/${sessionId}/result.json`)).toEqual({ steps: 30, resumedAt: 13 });
    expect((await world.final(first[0] as Node))?.outcome).toBe('interrupted');
  });

  it('that fails on one node has failed, once the other has ended', async () => {
    const sessionId = await world.submit('--steps 30 $([ $NODE_RANK = 1 ] && echo --fail-at 5 || echo --hold-at 7)', {
      resources: GANG,
    });
    const { error, cause } = await world.end(sessionId);
    expect(error).toBe('TrainingFailed');
    expect(cause).toContain('the data has a hole');
    const finals = await Promise.all((await world.nodes(sessionId, 1)).map((node) => world.final(node)));
    expect(finals.map((final) => final?.outcome)).toEqual(['interrupted', 'failed']);
    await world.noInstances(sessionId);
  });

  it('for which there is room for one node only is not launched at all', async () => {
    world.cloud.ec2.capacity({ available: 1 });
    const sessionId = await world.submit('--steps 5', { resources: GANG, launch: { patienceHours: 0 } });
    const { error } = await world.end(sessionId);
    expect(error).toBe('CapacityUnavailable');
    expect((await world.session(sessionId))?.attempts[0]?.nodes).toEqual([]);
  });
});
