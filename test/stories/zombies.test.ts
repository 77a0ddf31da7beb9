/** What no session accounts for: made with the AWS CLI, reported, and gone two passes later. */
import { CreateVolumeCommand, DescribeInstancesCommand, DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import { awsCommandsIn, shell } from './support/shell';
import { World } from './support/world';

/** Time from launch to being gone is some 45 minutes: a minimum age and three passes. */
const PATIENCE_MS = 200_000;

const IMAGE = 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';

describe('the reaper', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({ speed: 30 });
  });
  afterAll(() => world?.close());

  const tagList = (tags: Record<string, string>) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

  const paste = (command: string) => shell([command], { endpoint: world.cloud.endpoint, cwd: world.dataDir });

  async function run(tags: Record<string, string>): Promise<string> {
    const list = Object.entries(tags).map(([key, value]) => `{Key=${key},Value=${value}}`);
    const specification = `'ResourceType=instance,Tags=[${list.join(',')}]'`;
    const command = `aws ec2 run-instances --region ${world.cloud.region} --image-id ${IMAGE} --instance-type m5.large --tag-specifications ${specification} --query 'Instances[0].InstanceId' --output text`;
    return (await paste(command)).trim();
  }

  async function createVolume(tags: Record<string, string>): Promise<string> {
    const { VolumeId } = await world.ec2.send(
      new CreateVolumeCommand({
        AvailabilityZone: 'us-east-1a',
        Size: 8,
        VolumeType: 'gp3',
        TagSpecifications: [{ ResourceType: 'volume', Tags: tagList(tags) }],
      }),
    );
    return VolumeId ?? '';
  }

  async function stateOf(InstanceId: string): Promise<string | undefined> {
    const { Reservations } = await world.ec2.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId] }));
    return Reservations?.[0]?.Instances?.[0]?.State?.Name;
  }

  /** Reports about a resource in whose part of the message the text stands. */
  const reportsWith = (resourceId: string, text = '') =>
    world.cloud
      .notifications()
      .filter(({ attributes }) => attributes['kind']?.StringValue === 'zombie')
      .filter(({ message }) =>
        message.split('\n\n').some((part) => part.startsWith(`${resourceId}:`) && part.includes(text)),
      );
  const until = (what: string, isSo: () => boolean) => world.until(what, async () => isSo(), PATIENCE_MS);

  it('reports and ends what has runctl’s tags and no session, and leaves everything else alone', async () => {
    const zombie = await run({ CreatedBy: 'runctl', SessionId: 'forgotten-1' });
    const kept = await run({ CreatedBy: 'runctl', SessionId: 'forgotten-2', Protected: 'true' });
    const keptLater = await run({ CreatedBy: 'runctl', SessionId: 'forgotten-3' });
    const somebodys = await run({ Name: 'a web server', SessionId: 'forgotten-1' });
    const otherStacks = await run({ CreatedBy: 'runctl', SessionId: 'theirs-1', RecordTable: 'their-table' });
    const volume = await createVolume({ CreatedBy: 'runctl', SessionId: 'forgotten-1' });

    // They may be of different passes, and a pass later the first one is ended.
    const untilReported = (id: string) => until(`${id} is reported`, () => reportsWith(id, 'Next:').length === 1);
    await untilReported(zombie);
    const stateAtReport = await stateOf(zombie);
    await untilReported(keptLater);
    // By the command that the report has for it.
    const [keep = ''] = awsCommandsIn(reportsWith(keptLater)[0]?.message ?? '').filter(
      (command) => command.includes('create-tags') && command.includes(keptLater),
    );
    await paste(keep);
    const [report] = reportsWith(zombie);
    expect(stateAtReport).toBe('running');
    expect(report?.message).toContain('there is no record of its session forgotten-1');
    expect(report?.message).toMatch(/Cost so far: about \$\d+\.\d\d, at today's \$0\.0960 an hour/);
    for (const id of [kept, volume]) await untilReported(id);
    await until('they are told to be gone, and the protected one to stay', () =>
      [zombie, volume].every((id) => reportsWith(id, 'EC2 confirms it').length === 1),
    );
    await until(
      'the one that was protected after its mark is told to stay',
      () => reportsWith(keptLater, 'is left alone because').length === 1,
    );
    expect(await stateOf(zombie)).toBe('terminated');
    const left = [{ Name: 'volume-id', Values: [volume] }];
    expect((await world.ec2.send(new DescribeVolumesCommand({ Filters: left }))).Volumes).toEqual([]);
    for (const id of [kept, keptLater, somebodys, otherStacks]) expect(await stateOf(id)).toBe('running');
    for (const id of [somebodys, otherStacks]) expect(reportsWith(id)).toEqual([]);
  });
});
