/** on.rebalance is migrate: another machine is made ready before the one at risk is left. */
import { World } from './support/world';

jest.setTimeout(240_000);

let world: World;
beforeAll(async () => {
  world = await World.start({ speed: 30 });
});
beforeEach(() => world.cloud.ec2.clearCapacity());
afterAll(() => world?.close());

const JOB = { on: { rebalance: 'migrate' as const } };

/** An attempt is left when it has run for ten minutes, and EC2 has recommended it. */
async function recommended(sessionId: string, step: number) {
  const node = await world.trainingAt(sessionId, step);
  world.cloud.ec2.rebalance(node.instanceId);
  return node;
}

it('hands over to a machine that is ready: no step is lost, and hardly any time', async () => {
  const sessionId = await world.submit('--steps 40 --save-every 10 --hold-at 23', JOB);
  const first = await recommended(sessionId, 23);

  await world.success(sessionId);
  expect(await world.json(`results/${sessionId}/result.json`)).toEqual({ steps: 40, resumedAt: 23 });
  expect(await world.final(first)).toMatchObject({
    outcome: 'interrupted',
    reason: 'TrainingMigrated',
    lastCheckpoint: { step: 23 },
  });
  const session = await world.session(sessionId);
  expect(session?.attempts.map(({ verdict }) => verdict?.error)).toEqual(['TrainingMigrated', null]);
  const second = session?.attempts[1]?.nodes[0];
  const wait = second?.final?.stages.find(({ stage }) => stage === 'wait');
  expect(Date.parse(wait?.startedAt ?? '')).toBeLessThan(Date.parse((await world.final(first))?.at ?? ''));
  await world.noInstances(sessionId);
});

it('that a notice comes before goes on where the other machine is prepared', async () => {
  const sessionId = await world.submit('--steps 40 --save-every 10 --hold-at 23', JOB);
  const first = await recommended(sessionId, 23);
  const second = await world.until(`another machine is launched for ${sessionId}`, async () => {
    const [node] = await world.nodes(sessionId, 2);
    return node;
  });
  await world.cloud.ec2.interrupt(first.instanceId);

  await world.success(sessionId);
  expect(await world.json(`results/${sessionId}/result.json`)).toEqual({ steps: 40, resumedAt: 23 });
  const session = await world.session(sessionId);
  expect(session?.attempts).toHaveLength(2);
  expect(['SpotInterrupted', 'TrainingMigrated']).toContain(session?.attempts[0]?.verdict?.error);
  expect(session?.attempts[1]?.nodes[0]?.instanceId).toBe(second.instanceId);
  await world.noInstances(sessionId);
});

it('that finds no room trains on where it is', async () => {
  const sessionId = await world.submit('--steps 4500 --step-seconds 0.01 --save-every 1000', JOB);
  const first = await world.trainingAt(sessionId, 1);
  world.cloud.ec2.capacity({ code: 'InsufficientInstanceCapacity' });
  world.cloud.ec2.rebalance(first.instanceId);

  await world.success(sessionId);
  expect(await world.json(`results/${sessionId}/result.json`)).toEqual({ steps: 4500, resumedAt: 0 });
  const session = await world.session(sessionId);
  expect(session?.attempts.flatMap(({ nodes }) => nodes)).toHaveLength(1);
  expect(session?.timeline.map(({ what }) => what).join('\n')).toContain('Attempt 2 found no room');
});
