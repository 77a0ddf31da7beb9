/** Many sessions at once, each with an instance, an agent and a command of its own, on one local cloud. */
import { DescribeInstancesCommand, type Instance } from '@aws-sdk/client-ec2';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { World } from '../stories/support/world';

const SESSIONS = 200;
const VCPUS = 2;
const WITHIN_MS = 10 * 60_000;

let world: World;
beforeAll(async () => {
  // In real time: with every core at work, minutes that pass in seconds would be too few for what has to be done in them.
  world = await World.start({ speed: 1 });
});
afterAll(() => world?.close());

async function states(): Promise<Map<string, string>> {
  const { stateMachineArn } = world.cloud;
  const found = new Map<string, string>();
  let nextToken: string | undefined;
  do {
    const page = await world.sfn.send(new ListExecutionsCommand({ stateMachineArn, nextToken }));
    for (const { name = '', status = '' } of page.executions ?? []) found.set(name, status);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return found;
}

async function liveInstances(): Promise<Instance[]> {
  const live = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] };
  const { Reservations } = await world.ec2.send(new DescribeInstancesCommand({ Filters: [live] }));
  return (Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
}

it(
  `${SESSIONS} sessions at once all succeed, each once, and nothing is left`,
  async () => {
    for (const quota of ['L-34B43A08', 'L-1216C47A']) world.cloud.setQuota(quota, SESSIONS * VCPUS);
    const names = Array.from({ length: SESSIONS }, () => world.newName('load'));
    const isOwn = (name = '') => names.includes(name);
    const job = {
      name: 'load',
      command: 'echo "step=1 total=1"; echo "$RUNCTL_SESSION_ID" > "$RUNCTL_OUTPUT_DIR/answer"',
      resources: { instanceTypes: ['m6i.large'], volumeGiB: 30 },
    };
    await Promise.all(names.map((name) => world.startExecution(name, job)));
    // Asked of the cloud itself: lists of so many executions, again and again, would be most of the load.
    const finished = () =>
      world.cloud
        .notifications()
        .filter(({ attributes }) => attributes['kind']?.StringValue === 'session-finished')
        .filter(({ attributes }) => isOwn(attributes['sessionId']?.StringValue));
    await world.until('everybody is told of the end', async () => finished().length >= SESSIONS, WITHIN_MS);
    const own = async () => [...(await states())].filter(([name]) => isOwn(name));
    await world.until('every execution has ended', async () =>
      (await own()).every(([, status]) => status !== 'RUNNING'),
    );

    expect((await own()).filter(([, status]) => status !== 'SUCCEEDED')).toEqual([]);
    for (const name of names) {
      expect(await world.session(name)).toMatchObject({
        outcome: { result: 'succeeded' },
        attempts: [{ number: 1, nodes: [{ final: { outcome: 'succeeded' } }] }],
      });
      expect(await world.text(`results/${name}/answer`)).toBe(`${name}\n`);
    }
    expect(finished().filter(({ subject }) => subject?.includes('succeeded'))).toHaveLength(SESSIONS);
    await world.until('no instance is left', async () => (await liveInstances()).length === 0, 60_000);
  },
  2 * WITHIN_MS,
);
