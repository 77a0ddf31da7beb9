import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProcesses } from '../../local/hosts/process-table';
import { type TestCloud, testCloud } from './cloud';
import { until } from './support';

const step = (name: string, runCommand: string[], inputs: object = {}) => ({
  action: 'aws:runShellScript',
  name,
  inputs: { runCommand, ...inputs },
});

describe('Run Command on a process host', () => {
  let dataDir: string;
  let cloud: TestCloud;
  let count = 0;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'runctl-ssm-'));
    cloud = testCloud(dataDir);
  });

  afterEach(async () => {
    await cloud.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const file = (id: string, path: string) => join(dataDir, 'hosts', id, path);

  async function send(id: string, steps: object[], parameters: { declared?: object; given?: object } = {}) {
    const content = { schemaVersion: '2.2', parameters: parameters.declared, mainSteps: steps };
    count += 1;
    const Name = `doc-${count}`;
    await cloud.call('ssm', 'CreateDocument', { Name, Content: JSON.stringify(content), DocumentType: 'Command' });
    const { Command } = await cloud.call('ssm', 'SendCommand', {
      DocumentName: Name,
      InstanceIds: [id],
      Parameters: parameters.given,
    });
    return Command.CommandId as string;
  }

  const invocation = async (CommandId: string) =>
    (await cloud.call('ssm', 'ListCommandInvocations', { CommandId, Details: true })).CommandInvocations[0];

  async function ended(CommandId: string) {
    await until(async () => !['Pending', 'InProgress', 'Cancelling'].includes((await invocation(CommandId)).Status));
    return invocation(CommandId);
  }

  it('runs the steps of a document with its parameters and reports output, code and events', async () => {
    const id = await cloud.launch();
    const commandId = await send(
      id,
      [step('install', ['echo "got {{ session }}"', 'echo $SSM_COMMAND_ID >&2']), step('start', ['exit 3'])],
      {
        declared: { session: { type: 'String', allowedPattern: '[a-z0-9-]+' } },
        given: { session: ['digits-1'] },
      },
    );
    expect(await ended(commandId)).toMatchObject({
      Status: 'Failed',
      CommandPlugins: [
        {
          Name: 'install',
          Status: 'Success',
          ResponseCode: 0,
          Output: `got digits-1\n\n----------ERROR-------\n${commandId}\n`,
        },
        { Name: 'start', Status: 'Failed', ResponseCode: 3 },
      ],
    });
    const install = { CommandId: commandId, InstanceId: id, PluginName: 'install' };
    expect(await cloud.call('ssm', 'GetCommandInvocation', install)).toMatchObject({
      StandardOutputContent: 'got digits-1\n',
      Status: 'Success',
    });
    const statuses = (detailType: string) =>
      cloud.events
        .filter((event) => event['detail-type'] === detailType)
        .map((event) => (event.detail as { status: string }).status);
    expect(statuses('EC2 Command Invocation Status-change Notification')).toEqual(['InProgress', 'Failed']);
    expect(statuses('EC2 Command Status-change Notification')).toEqual(['InProgress', 'Failed']);
  });

  it('ends early on failure but runs the finally step, and treats reserved exit codes as the agent does', async () => {
    const id = await cloud.launch();
    const exits = await send(id, [
      step('fails', ['exit 1'], { onFailure: 'exit' }),
      step('skipped', ['touch $RUNCTL_HOME/skipped']),
      step('cleanup', ['touch $RUNCTL_HOME/cleaned'], { finallyStep: true }),
    ]);
    expect((await ended(exits)).Status).toBe('Failed');
    expect(existsSync(file(id, 'var/lib/runctl/skipped'))).toBe(false);
    expect(existsSync(file(id, 'var/lib/runctl/cleaned'))).toBe(true);
    const codes = await Promise.all(
      [137, 168, 169].map(async (code) =>
        ended(await send(id, [step(`exit-${code}`, [`exit ${code}`]), step('x', [':'])])),
      ),
    );
    expect(codes.map(({ Status }) => Status)).toEqual(['TimedOut', 'Success', 'Failed']);
  });

  it('kills the process group at the time-out, without SIGTERM; a detached child survives', async () => {
    const id = await cloud.launch();
    const commandId = await send(id, [
      step(
        'hangs',
        [
          'setsid sh -c "sleep 100000" </dev/null >/dev/null 2>&1 &',
          'echo $! > $RUNCTL_HOME/detached',
          'trap "touch $RUNCTL_HOME/trapped" TERM',
          'sleep 100000 & echo $! > $RUNCTL_HOME/child; wait',
        ],
        { timeoutSeconds: '10' },
      ),
    ]);
    expect(await ended(commandId)).toMatchObject({ Status: 'TimedOut', StatusDetails: 'ExecutionTimedOut' });
    const alive = findProcesses({ marker: `RUNCTL_HOST_ID=${id}` });
    const pid = (name: string) => Number(readFileSync(file(id, `var/lib/runctl/${name}`), 'utf8'));
    expect(alive).toContain(pid('detached'));
    expect(alive).not.toContain(pid('child'));
    expect(existsSync(file(id, 'var/lib/runctl/trapped'))).toBe(false);
  });

  it('stays in progress while a background child holds its output', async () => {
    const id = await cloud.launch();
    const commandId = await send(id, [
      step('start', ['(until [ -f $RUNCTL_HOME/go ]; do sleep 1; done) &', 'echo left']),
    ]);
    const { CommandId: later } = (
      await cloud.call('ssm', 'SendCommand', {
        DocumentName: 'AWS-RunShellScript',
        InstanceIds: [id],
        Parameters: { commands: ['echo one', 'echo two'] },
      })
    ).Command;
    expect((await ended(later)).CommandPlugins[0].Output).toBe('one\ntwo\n');
    expect((await invocation(commandId)).Status).toBe('InProgress');
    await cloud.call('ssm', 'SendCommand', {
      DocumentName: 'AWS-RunShellScript',
      InstanceIds: [id],
      Parameters: { commands: ['touch $RUNCTL_HOME/go'] },
    });
    expect((await ended(commandId)).Status).toBe('Success');
  });

  it('cancels by SIGKILL', async () => {
    const id = await cloud.launch();
    const commandId = await send(id, [
      step('hangs', ['touch $RUNCTL_HOME/up', 'sleep 100000']),
      step('next', ['touch $RUNCTL_HOME/next']),
    ]);
    await until(() => existsSync(file(id, 'var/lib/runctl/up')));
    await cloud.call('ssm', 'CancelCommand', { CommandId: commandId });
    expect((await ended(commandId)).Status).toBe('Cancelled');
    expect(existsSync(file(id, 'var/lib/runctl/next'))).toBe(false);
  });

  it('refuses instances that are not registered or no longer live', async () => {
    const id = await cloud.launch();
    await cloud.call('ec2', 'TerminateInstances', { InstanceIds: [id] });
    await expect(send(id, [step('x', [':'])])).rejects.toMatchObject({
      name: 'InvalidInstanceId',
      message: `Instances [[${id}]] not in a valid state for account 000000000000`,
    });
  });

  it('leaves a command in progress when its machine vanishes, and reports the lost connection', async () => {
    const id = await cloud.launch();
    const commandId = await send(id, [step('hangs', ['touch $RUNCTL_HOME/up', 'sleep 100000'])]);
    await until(() => existsSync(file(id, 'var/lib/runctl/up')));
    await cloud.ec2.kill(id, { silent: true });
    const node = async () => (await cloud.call('ssm', 'DescribeInstanceInformation')).InstanceInformationList[0];
    await until(async () => (await node()).PingStatus === 'ConnectionLost');
    expect((await invocation(commandId)).Status).toBe('InProgress');
  });

  it('terminates an instance together with everything that runs on it', async () => {
    const id = await cloud.launch('#!/bin/sh\n(setsid sh -c "trap : TERM; while :; do sleep 1; done" &) &\n');
    await until(() => findProcesses({ marker: `RUNCTL_HOST_ID=${id}` }).length > 0);
    await cloud.call('ec2', 'TerminateInstances', { InstanceIds: [id] });
    await until(async () => {
      const { Reservations } = await cloud.call('ec2', 'DescribeInstances', { InstanceIds: [id] });
      return Reservations[0].Instances[0].State.Name === 'terminated';
    });
    expect(findProcesses({ marker: `RUNCTL_HOST_ID=${id}` })).toEqual([]);
  });
});
