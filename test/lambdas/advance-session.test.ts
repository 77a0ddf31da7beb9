import { iso } from '../../core/time';
import { advanceSession } from '../../lambdas/shared/advance-session';
import { memoryPorts } from '../support/memory-ports';
import { aFinal, aNode, anAttempt, aSession, NOW } from '../support/sessions';

const ID = 'i-00000000000000001';
const finished = { nodes: { [ID]: { final: aFinal({ outcome: 'succeeded' }) } } };

describe('advancing a session', () => {
  it('decides again on the newer record when another writer was first', async () => {
    const ports = memoryPorts(aSession());
    ports.sessions.beforeSave = async () => {
      const session = await ports.sessions.get('digits-1');
      const attempts = session?.attempts.map((each) => ({ ...each, taskToken: 'newer-token' })) ?? [];
      if (session) await ports.sessions.save({ ...session, attempts });
    };
    await advanceSession(ports, 'digits-1', finished);
    expect(ports.tasks.completed).toEqual([{ token: 'newer-token', output: { attempt: 1 } }]);
  });

  it('answers a token that came while the old one was found expired', async () => {
    const ports = memoryPorts(aSession());
    ports.tasks.expired.add('secret-token');
    const succeed = ports.tasks.succeed.bind(ports.tasks);
    ports.tasks.succeed = async (token, output) => {
      const session = await ports.sessions.get('digits-1');
      const attempts = session?.attempts.map((each) => ({ ...each, taskToken: 'token-2' })) ?? [];
      if (session && token === 'secret-token') await ports.sessions.save({ ...session, attempts });
      return succeed(token, output);
    };
    await advanceSession(ports, 'digits-1', finished);
    expect(ports.tasks.completed).toEqual([{ token: 'token-2', output: { attempt: 1 } }]);
  });

  it('tries every action though one fails, keeps the failed one as an intent, and says what failed', async () => {
    const ports = memoryPorts(aSession());
    ports.objects.failure = new Error('S3 is away');
    const failure = advanceSession(
      ports,
      'digits-1',
      { execution: { isRunning: true, status: 'RUNNING' } },
      (before) => ({
        ...before,
        attempts: before.attempts.map((each) => ({ ...each, heartbeatAt: null })),
      }),
    );
    await expect(failure).rejects.toThrow('S3 is away');
    expect(ports.tasks.heartbeats).toEqual(['secret-token']);
    expect(ports.sessions.record().lease).toMatchObject({ requestedAt: iso(NOW), doneAt: null });
    expect(ports.log.lines.map(({ message }) => message)).toContain('An action failed');

    ports.clock.pass(61_000);
    await advanceSession(ports, 'digits-1', {});
    expect(ports.sessions.record().lease?.doneAt).toBe(iso(NOW + 61_000));
    expect(ports.objects.json('sessions/digits-1/lease.json')).toBeDefined();
  });

  it('never leaves an older lease behind a newer one', async () => {
    const ports = memoryPorts(aSession());
    const put = ports.objects.put.bind(ports.objects);
    let isFirst = true;
    ports.objects.put = async (key, text) => {
      if (isFirst) {
        isFirst = false;
        // Another decides to stop, and writes its lease, while this one is still on its way.
        await advanceSession(ports, 'digits-1', { stop: { by: 'ana', immediate: false } });
      }
      await put(key, text);
    };
    await advanceSession(ports, 'digits-1', { execution: { isRunning: true, status: 'RUNNING' } });
    expect(ports.objects.json('sessions/digits-1/lease.json')).toMatchObject({ orders: { 1: { desired: 'stop' } } });
  });

  it('writes nothing when nothing has changed', async () => {
    const ports = memoryPorts(aSession());
    await advanceSession(ports, 'digits-1', {});
    const { version } = ports.sessions.record();
    await advanceSession(ports, 'digits-1', {});
    expect(ports.sessions.record().version).toBe(version);
  });

  it('never logs a task token', async () => {
    const ports = memoryPorts(aSession({ attempts: [anAttempt({ nodes: [aNode()] })] }));
    await advanceSession(ports, 'digits-1', finished);
    expect(ports.log.lines.length).toBeGreaterThan(0);
    expect(JSON.stringify(ports.log.lines)).not.toContain('secret-token');
  });
});
