import { REGISTRATION_MS } from '../../core/launch/registration';
import { iso, MINUTE_MS } from '../../core/time';
import { startTraining } from '../../lambdas/start-training/start-training';
import { type MemoryPorts, memoryPorts } from '../support/memory-ports';
import { aFinal, aNode, anAttempt, aSession, NOW } from '../support/sessions';

const ID = 'i-00000000000000001';

/** Launched a minute ago; nothing was started yet. */
function launched(changes: Parameters<typeof aSession>[0] = {}): MemoryPorts {
  const fresh = { launchedAt: iso(NOW - MINUTE_MS), statusAt: null, status: null, state: 'pending' as const };
  const attempt = anAttempt({ nodes: [aNode(fresh)], command: null, taskToken: null, heartbeatAt: null });
  const ports = memoryPorts(aSession({ attempts: [attempt], ...changes }));
  show(ports, ID);
  ports.objects.setJson('sessions/digits-1/plan.json', {
    ...{ version: 1, sessionId: 'digits-1', plannedAt: iso(NOW), bucket: 'bucket', resultsUri: 's3://bucket/r/' },
    job: ports.sessions.record().job,
    instanceTypes: [
      {
        ...{ instanceType: 'g5.xlarge', architecture: 'arm64', vcpus: 4, memoryMiB: 1, gpus: 1, amiId: 'ami-1' },
        ...{ rootDeviceName: '/dev/sda1', volumeGiB: 100, spotUsdPerHour: 0.5, onDemandUsdPerHour: 1 },
      },
    ],
  });
  return ports;
}

function show(ports: MemoryPorts, instanceId: string): void {
  const { instanceType, zone, privateAddress, hasPublicAddress, launchedAt } = aNode();
  ports.fleet.add(
    { instanceId, instanceType, zone, privateAddress, hasPublicAddress, launchedAt },
    { tags: { SessionId: 'digits-1', Attempt: '1' }, market: 'spot' },
  );
}

const start = (ports: MemoryPorts, taskToken = 'token-1', attempt = 1) =>
  startTraining({ sessionId: 'digits-1', attempt, taskToken }, ports);

describe('start-training', () => {
  it('stores the token, writes the lease and sends the command once', async () => {
    const ports = launched();

    expect(await start(ports)).toEqual({ isStarted: true });

    expect(ports.runCommand.started).toEqual([
      { sessionId: 'digits-1', attempt: 1, instanceIds: [ID], architecture: 'arm64' },
    ]);
    expect(ports.sessions.record().attempts[0]).toMatchObject({
      taskToken: 'token-1',
      command: { commandId: 'command-1', doneAt: iso(NOW) },
    });
    expect(ports.objects.json('sessions/digits-1/lease.json')).toMatchObject({ orders: { 1: { go: true } } });
  });

  it('re-entered after a missed heartbeat, only stores the new token', async () => {
    const ports = launched();
    await start(ports);

    expect(await start(ports, 'token-2')).toEqual({ isStarted: true });

    expect(ports.runCommand.started).toHaveLength(1);
    expect(ports.sessions.record().attempts[0]?.taskToken).toBe('token-2');
  });

  it('without a token makes an attempt ready that another one waits for, and waits for no end of it', async () => {
    const ports = launched();
    expect(await startTraining({ sessionId: 'digits-1', attempt: 1, taskToken: null }, ports)).toEqual({
      isStarted: true,
    });
    expect(ports.runCommand.started).toHaveLength(1);
    expect(ports.sessions.record().attempts[0]?.taskToken).toBeNull();
    await start(ports);
    expect(ports.runCommand.started).toHaveLength(1);
    expect(ports.sessions.record().attempts[0]?.taskToken).toBe('token-1');
  });

  it('says that it is not ready while a node is not registered, and starts once it is', async () => {
    const ports = launched();
    ports.runCommand.offline.add(ID);
    await expect(start(ports)).rejects.toMatchObject({ name: 'InstanceNotReady' });
    ports.runCommand.offline.clear();
    await start(ports, 'token-2');
    expect(ports.runCommand.started).toHaveLength(1);
  });

  it('starts at once when the node registers while it looks', async () => {
    const ports = launched();
    ports.runCommand.offline.add(ID);
    ports.pause = async () => ports.runCommand.offline.clear();
    expect(await start(ports)).toEqual({ isStarted: true });
  });

  it('finds a verdict that was there before the token, and answers the task with it', async () => {
    const ports = launched({
      attempts: [
        anAttempt({
          taskToken: null,
          command: null,
          verdict: { error: 'SpotInterrupted', message: 'AWS took it back.', at: iso(NOW) },
        }),
      ],
    });
    expect(await start(ports)).toEqual({ isStarted: false });
    expect(ports.tasks.completed).toEqual([{ token: 'token-1', error: 'SpotInterrupted', cause: 'AWS took it back.' }]);
    expect(ports.runCommand.started).toEqual([]);
  });

  it('answers with the loss of a node that EC2 says is gone', async () => {
    const ports = launched();
    ports.fleet.setState(ID, 'terminated', 'Server.SpotInstanceTermination');
    await start(ports);
    expect(ports.tasks.completed).toMatchObject([{ token: 'token-1', error: 'SpotInterrupted' }]);
    expect(ports.runCommand.started).toEqual([]);
  });

  it('starts nothing before the lease that names the attempt is written', async () => {
    const ports = launched();
    ports.objects.failure = new Error('S3 is away');
    await expect(start(ports)).rejects.toThrow('S3 is away');
    await expect(start(ports, 'token-2')).rejects.toMatchObject({ name: 'InstanceNotReady' });
    expect(ports.runCommand.started).toEqual([]);
    ports.clock.pass(MINUTE_MS);
    expect(await start(ports, 'token-3')).toEqual({ isStarted: true });
  });

  it('takes a node that has finished and gone for finished, not for lost', async () => {
    const ports = launched();
    ports.fleet.setState(ID, 'terminated');
    ports.objects.setJson(`final/AROANODE:${ID}.json`, aFinal());
    await start(ports);
    expect(ports.tasks.completed).toEqual([{ token: 'token-1', output: { attempt: 1 } }]);
  });

  it('while a replacement is made ready, takes the one that trains for finished when it has finished', async () => {
    const old = 'i-0000000000000000a';
    const fresh = aNode({ launchedAt: iso(NOW - MINUTE_MS), statusAt: null, status: null });
    const trains = anAttempt({ nodes: [aNode({ instanceId: old })] });
    const ports = launched({
      attempts: [trains, anAttempt({ number: 2, nodes: [fresh], command: null, taskToken: null })],
    });
    show(ports, old);
    ports.fleet.setState(old, 'shutting-down');
    ports.objects.setJson(`final/AROANODE:${old}.json`, aFinal());

    await startTraining({ sessionId: 'digits-1', attempt: 2, taskToken: null }, ports);

    expect(ports.tasks.completed).toEqual([{ token: 'secret-token', output: { attempt: 1 } }]);
    expect(ports.runCommand.started).toEqual([]);
  });

  it('replaces a node that never registers, once, and terminates it', async () => {
    const ports = launched();
    ports.runCommand.offline.add(ID);
    ports.clock.pass(REGISTRATION_MS);

    await start(ports);

    expect(ports.tasks.completed).toMatchObject([{ error: 'NodeLost', cause: expect.stringContaining(ID) }]);
    expect(ports.fleet.terminated).toEqual([ID]);
  });

  it('the second time, ends and names the likely causes', async () => {
    const before = anAttempt({
      command: null,
      verdict: { error: 'NodeLost', message: 'It did not register.', at: iso(NOW - 5 * MINUTE_MS) },
      nodes: [aNode({ instanceId: 'i-0a', state: 'terminated', stateSince: iso(NOW - MINUTE_MS), statusAt: null })],
    });
    const fresh = aNode({ launchedAt: iso(NOW - MINUTE_MS), statusAt: null, status: null });
    const ports = launched({ attempts: [before, anAttempt({ number: 2, nodes: [fresh], command: null })] });
    ports.runCommand.offline.add(ID);
    ports.clock.pass(REGISTRATION_MS);

    await start(ports, 'token-1', 2);

    expect(ports.tasks.completed).toMatchObject([
      { error: 'NodeUnreachable', cause: expect.stringMatching(/no route[\s\S]*no SSM agent/) },
    ]);
  });

  it('after a crash between sending and recording, sends again rather than never', async () => {
    const ports = launched();
    const start1 = ports.runCommand.start.bind(ports.runCommand);
    ports.runCommand.start = async (command) => {
      await start1(command);
      throw new Error('the function died');
    };
    await expect(start(ports)).rejects.toThrow('the function died');
    ports.runCommand.start = start1;
    expect(await start(ports, 'token-2')).toEqual({ isStarted: true });
    expect(ports.runCommand.started).toHaveLength(2);
  });

  it('starts nothing for an execution that was aborted', async () => {
    const ports = launched({
      stopRequest: { at: iso(NOW), reason: 'Aborted', by: 'x', immediate: false, deadline: iso(NOW + MINUTE_MS) },
    });
    await start(ports);
    expect(ports.runCommand.started).toEqual([]);
  });
});
