import { readdirSync, readFileSync } from 'node:fs';
import type { CrashPoint } from '../../local/services/lambda/lambda-function';
import { World } from './support/world';

/** Processes whose environment has all of these. */
function processesWith(...parts: string[]): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        return parts.every((part) => environment.includes(part));
      } catch {
        return false;
      }
    });
}

const isAgent = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('agent.cjs');

describe('silence', () => {
  let world: World;
  let isControlPlaneDead = false;
  beforeAll(async () => {
    const lambda = (): CrashPoint | undefined => (isControlPlaneDead ? { awsCall: 1, when: 'before' } : undefined);
    world = await World.start({ speed: 40, cloud: { faults: { lambda } } });
  });
  beforeEach(() => {
    isControlPlaneDead = false;
  });
  afterAll(() => world?.close());

  it('of the control plane, for good: the instance saves, uploads and goes; back again, the session goes on', async () => {
    const sessionId = await world.submit('--steps 40 --save-every 10 --hold-at 13');
    const node = await world.trainingAt(sessionId, 13);
    isControlPlaneDead = true;
    await world.noInstances(sessionId);
    expect(await world.final(node)).toMatchObject({
      outcome: 'interrupted',
      reason: 'LeaseExpired',
      lastCheckpoint: { step: 13 },
    });

    isControlPlaneDead = false;
    await world.success(sessionId);
    expect(await world.json(`results/${sessionId}/result.json`)).toEqual({ steps: 40, resumedAt: 13 });
  });

  it('of an agent on a healthy instance for some minutes relaunches nothing', async () => {
    const sessionId = await world.submit('--steps 40 --hold-at 13');
    const node = await world.trainingAt(sessionId, 13);
    const agents = processesWith(`RUNCTL_SESSION_ID=${sessionId}`).filter(isAgent);
    expect(agents).toHaveLength(1);
    for (const pid of agents) process.kill(pid, 'SIGSTOP');
    const silentSince = (await world.node(sessionId, 1))?.statusAt;
    await world.until('the status is eight minutes old', async () => {
      const record = await world.node(sessionId, 1);
      expect(record?.final).toBeNull();
      return world.cloud.clock.now() - Date.parse(silentSince ?? '') > 8 * 60_000;
    });
    for (const pid of agents) process.kill(pid, 'SIGCONT');
    await world.until('the agent is heard of again', async () => {
      const status = await world.node(sessionId, 1);
      return Date.parse(status?.statusAt ?? '') > Date.parse(silentSince ?? '') + 7 * 60_000;
    });
    expect((await world.session(sessionId))?.attempts).toHaveLength(1);
    expect((await world.instances(sessionId)).map(({ InstanceId }) => InstanceId)).toEqual([node.instanceId]);
    await world.stop(sessionId, { now: true });
    await world.end(sessionId);
  });
});
