import { DescribeInstancesCommand, DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import { ListCommandsCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { CrashPoint } from '../../local/services/lambda/lambda-function';
import { World } from './support/world';

jest.setTimeout(400_000);

/** A crash costs a cold start each time: more at once and functions time out for want of a processor. */
const SESSIONS_AT_ONCE = 2;

/** Every instance that the session ever had, the terminated ones too. */
async function launchedEver(world: World, sessionId: string): Promise<number> {
  const filters = [{ Name: 'tag:SessionId', Values: [sessionId] }];
  const { Reservations } = await world.ec2.send(new DescribeInstancesCommand({ Filters: filters }));
  return (Reservations ?? []).flatMap(({ Instances }) => Instances ?? []).length;
}

/** How often training began on the node. */
async function beginnings(world: World, sessionId: string): Promise<number> {
  const log = await world.text(`results/${sessionId}/train.log`);
  return [...(log ?? '').matchAll(/^step=1 /gm)].length;
}

describe('a function that crashes after any one of its calls', () => {
  let world: World;
  let crash: (functionName: string, callIndex: number) => CrashPoint | undefined = () => undefined;
  beforeAll(async () => {
    world = await World.start({ cloud: { faults: { lambda: (name, index) => crash(name, index) } } });
  });
  afterAll(() => world?.close());

  /** One session for each of the calls 1..`calls` of the function: the n-th invocation crashes after its n-th call. */
  async function runWithCrashes(functionName: string, calls: number): Promise<string[]> {
    let invocations = 0;
    crash = (name) => {
      if (!name.includes(functionName)) return undefined;
      invocations += 1;
      return invocations <= calls ? { awsCall: invocations, when: 'after' } : undefined;
    };
    const sessions: string[] = [];
    while (sessions.length < calls) {
      const batch = await Promise.all(Array.from({ length: SESSIONS_AT_ONCE }, () => world.submit('--steps 5')));
      for (const sessionId of batch) await world.success(sessionId);
      sessions.push(...batch);
    }
    expect(invocations).toBeGreaterThan(calls);
    return sessions;
  }

  it('launches nothing twice', async () => {
    for (const sessionId of await runWithCrashes('LaunchNodes', 8)) {
      expect([sessionId, await launchedEver(world, sessionId)]).toEqual([sessionId, 1]);
    }
  });

  it('trains once', async () => {
    for (const sessionId of await runWithCrashes('StartTraining', 8)) {
      expect([sessionId, await beginnings(world, sessionId)]).toEqual([sessionId, 1]);
    }
  });
});

describe('events', () => {
  it('that come twice, and late ones, change nothing', async () => {
    let count = 0;
    const deliveryFaults = () => (++count % 2 === 0 ? 'twice' : { delayMs: 20_000 }) as 'twice' | { delayMs: number };
    const world = await World.start({ cloud: { faults: { deliveryFaults } } });
    try {
      const sessionId = await world.submit('--steps 30 --save-every 10 --hold-at 13');
      const node = await world.trainingAt(sessionId, 13);
      await world.cloud.ec2.interrupt(node.instanceId);
      await world.success(sessionId);
      expect(await world.json(`results/${sessionId}/result.json`)).toEqual({ steps: 30, resumedAt: 13 });
      expect((await world.session(sessionId))?.attempts).toHaveLength(2);
      const told = world.cloud.notifications().filter(({ subject }) => subject?.includes(sessionId));
      const kinds = told.map(({ attributes }) => attributes['kind']?.StringValue);
      // That it was resumed is not told any more when the session ended before that was seen.
      expect(kinds.filter((kind) => kind !== 'session-resumed')).toEqual(['session-finished']);
      expect(kinds.length).toBeLessThanOrEqual(2);
    } finally {
      await world.close();
    }
  });
});

describe('a start command', () => {
  it('that is delivered twice trains once; instance and volume have their tags from the launch on', async () => {
    const world = await World.start();
    try {
      const sessionId = await world.submit('--steps 40 --hold-at 5', { tags: { Team: 'nlp' }, project: 'vision' });
      const node = await world.trainingAt(sessionId, 3);
      const { endpoint, region } = world.cloud;
      const ssm = new SSMClient({ endpoint, region, credentials: { accessKeyId: 'story', secretAccessKey: 'story' } });
      const { Commands } = await ssm.send(new ListCommandsCommand({ InstanceId: node.instanceId }));
      const [first] = Commands ?? [];
      await ssm.send(
        new SendCommandCommand({
          DocumentName: first?.DocumentName ?? '',
          Parameters: first?.Parameters ?? {},
          InstanceIds: [node.instanceId],
        }),
      );
      await world.until('the second command has ended', async () => {
        const again = await ssm.send(new ListCommandsCommand({ InstanceId: node.instanceId }));
        return again.Commands?.length === 2 && again.Commands.every(({ Status }) => Status === 'Success');
      });
      // Both commands ended within seconds while training goes on: nothing waits inside Run Command, whose limit is 48 h.
      expect((await world.execution(sessionId)).status).toBe('RUNNING');

      const [instance] = await world.instances(sessionId);
      const tags = Object.fromEntries((instance?.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
      const expected = {
        Name: 'runctl-training',
        Project: 'vision',
        CreatedBy: 'runctl',
        SessionId: sessionId,
        Attempt: '1',
        Job: 'story',
        Team: 'nlp',
        ExpiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      };
      expect(tags).toMatchObject(expected);
      const filters = [{ Name: 'tag:SessionId', Values: [sessionId] }];
      const { Volumes } = await world.ec2.send(new DescribeVolumesCommand({ Filters: filters }));
      expect(Object.fromEntries((Volumes?.[0]?.Tags ?? []).map(({ Key, Value }) => [Key, Value]))).toMatchObject(
        expected,
      );

      await world.stop(sessionId);
      await world.end(sessionId);
      const log = (await world.text(`nodes/${node.userId}/logs/train-000001.log`)) ?? '';
      expect([...log.matchAll(/^step=1 /gm)]).toHaveLength(1);
    } finally {
      await world.close();
    }
  });
});
