import { createSsm, type SsmService } from '../../local/services/ssm/create-ssm';
import { AL2023, context, type TestEc2, testEc2 } from './support';

describe('Systems Manager', () => {
  let test: TestEc2;
  let ssm: SsmService;

  beforeEach(() => {
    test = testEc2();
    let count = 0;
    ssm = createSsm({
      clock: test.clock,
      newId: () => `command-${++count}`,
      accountId: '000000000000',
      region: 'us-east-1',
      emitEvent: (event) => void test.events.push(event),
      nodes: () => test.ec2.instances(),
    });
  });

  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  const call = async (operation: string, input: object = {}): Promise<any> =>
    ssm.operations[operation]?.(input, context);

  async function launch(): Promise<string> {
    const { Instances } = await test.call('RunInstances', { ImageId: AL2023, MinCount: 1, MaxCount: 1 });
    await test.clock.advance(5_000);
    test.hosts.at(-1)?.events.registered();
    return Instances[0].InstanceId;
  }

  const document = (parameters: object, runCommand: string[] = ['true']) => ({
    Name: 'doc',
    Content: JSON.stringify({
      schemaVersion: '2.2',
      parameters,
      mainSteps: [{ action: 'aws:runShellScript', name: 'step', inputs: { runCommand } }],
    }),
  });

  it('times a command out that its vanished node never fetched, and one that nobody reported', async () => {
    const id = await launch();
    const running = await call('SendCommand', {
      DocumentName: 'AWS-RunShellScript',
      InstanceIds: [id],
      Parameters: { commands: [':'] },
    });
    await test.clock.advance(1_000);
    await test.ec2.kill(id, { silent: true });
    const waiting = await call('SendCommand', {
      DocumentName: 'AWS-RunShellScript',
      InstanceIds: [id],
      Parameters: { commands: [':'] },
      TimeoutSeconds: 60,
    });
    const status = async ({ Command }: { Command: { CommandId: string } }) => {
      const { CommandInvocations } = await call('ListCommandInvocations', { CommandId: Command.CommandId });
      return `${CommandInvocations[0].Status}/${CommandInvocations[0].StatusDetails}`;
    };
    await test.clock.advance(61_000);
    expect(await status(running)).toBe('InProgress/InProgress');
    expect(await status(waiting)).toBe('TimedOut/DeliveryTimedOut');
    await test.clock.advance(7_200_000);
    expect(await status(running)).toBe('TimedOut/DeliveryTimedOut');
  });

  it.each([
    [{ name: { type: 'String', allowedPattern: '[a-z]+' } }, { name: ['x; rm -rf /'] }],
    [{ name: { type: 'String' } }, {}],
    [{ name: { type: 'String', allowedValues: ['a'] } }, { name: ['b'] }],
    [{ name: { type: 'Integer' } }, { name: ['1.5'] }],
    [{}, { other: ['1'] }],
  ])('refuses parameters that the document does not allow: %j %j', async (declared, Parameters) => {
    const id = await launch();
    await call('CreateDocument', document(declared));
    await expect(call('SendCommand', { DocumentName: 'doc', InstanceIds: [id], Parameters })).rejects.toMatchObject({
      name: 'InvalidParameters',
    });
  });

  it('refuses documents that it cannot run', async () => {
    const create = (Content: object) => call('CreateDocument', { Name: 'doc', Content: JSON.stringify(Content) });
    await expect(
      create({
        schemaVersion: '2.2',
        mainSteps: [{ action: 'aws:runPowerShellScript', name: 'x', inputs: { runCommand: [] } }],
      }),
    ).rejects.toMatchObject({ name: 'LocalUnsupported' });
    const inputs = { runCommand: ['true'] };
    // Control flow belongs to the inputs: the agent does not look for it elsewhere.
    await expect(
      create({
        schemaVersion: '2.2',
        mainSteps: [{ action: 'aws:runShellScript', name: 'x', onFailure: 'exit', inputs }],
      }),
    ).rejects.toMatchObject({ name: 'InvalidDocumentContent', message: expect.stringContaining('onFailure') });
  });

  it('keeps parameters with versions, hides secrets, and names machine images', async () => {
    const put = (input: object) => call('PutParameter', { Name: '/runctl/a/key', Type: 'SecureString', ...input });
    await put({ Value: 'one' });
    await expect(put({ Value: 'two' })).rejects.toMatchObject({ name: 'ParameterAlreadyExists' });
    expect(await put({ Value: 'two', Overwrite: true })).toMatchObject({ Version: 2 });
    const get = async (input: object) => (await call('GetParameter', input)).Parameter;
    expect((await get({ Name: '/runctl/a/key' })).Value).not.toContain('two');
    expect(await get({ Name: '/runctl/a/key', WithDecryption: true })).toMatchObject({ Value: 'two', Version: 2 });
    expect(await get({ Name: '/runctl/a/key:1', WithDecryption: true })).toMatchObject({ Value: 'one' });
    expect((await call('GetParametersByPath', { Path: '/runctl' })).Parameters).toEqual([]);
    expect((await call('GetParametersByPath', { Path: '/runctl', Recursive: true })).Parameters).toHaveLength(1);
    expect(await call('GetParameters', { Names: ['/none'] })).toEqual({ Parameters: [], InvalidParameters: ['/none'] });
    const { Value } = await get({
      Name: '/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-al2023/latest/ami-id',
    });
    const { Images } = await test.call('DescribeImages', { ImageIds: [Value] });
    expect(Images[0].Name).toContain('Deep Learning Base');
  });
});
