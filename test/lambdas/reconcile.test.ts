import type { Session } from '../../core/session/session';
import { iso, MINUTE_MS } from '../../core/time';
import { reconcile } from '../../lambdas/reconcile/reconcile';
import { type MemoryPorts, memoryPorts } from '../support/memory-ports';
import { aFinal, aNode, anAttempt, aSession, aStatus, minutesAgo, NOW } from '../support/sessions';

const ID = 'i-00000000000000001';
const { executionArn } = aSession();

/** Each session's instances are running and its execution too. */
function running(...sessions: Session[]): MemoryPorts {
  const ports = memoryPorts(...sessions);
  for (const session of sessions) {
    ports.executions.statuses.set(session.executionArn, 'RUNNING');
    for (const { nodes, number } of session.attempts) {
      for (const node of nodes) {
        ports.fleet.add(node, {
          tags: { SessionId: session.sessionId, Attempt: String(number) },
          market: node.market,
        });
      }
    }
  }
  return ports;
}

const stop = { at: minutesAgo(1), reason: 'Aborted' as const, by: 'x', immediate: false, deadline: iso(NOW) };

describe('reconcile', () => {
  it('feeds the heartbeat and renews the lease of a session that runs', async () => {
    const ports = running(aSession());
    await reconcile(ports);
    ports.clock.pass(6 * MINUTE_MS);
    ports.objects.setJson(`status/AROANODE:${ID}.json`, aStatus());
    await reconcile(ports);

    expect(ports.tasks.heartbeats).toEqual(['secret-token']);
    expect(ports.objects.json('sessions/digits-1/lease.json')).toMatchObject({ renewedAt: iso(NOW + 6 * MINUTE_MS) });
  });

  it('finds the last word whose event was lost', async () => {
    const ports = running(aSession());
    ports.objects.setJson(`final/AROANODE:${ID}.json`, aFinal({ outcome: 'interrupted', reason: 'SpotNotice' }));
    await reconcile(ports);
    expect(ports.tasks.completed).toMatchObject([{ error: 'SpotInterrupted' }]);
  });

  it('finds the instance that vanished', async () => {
    const ports = running(aSession());
    ports.fleet.instances.clear();
    await reconcile(ports);
    expect(ports.tasks.completed).toMatchObject([{ error: 'NodeLost', cause: expect.stringContaining('gone') }]);
  });

  it('does not take an instance for gone whose tags somebody has removed', async () => {
    const ports = running(aSession());
    const instance = ports.fleet.instances.get(ID);
    if (instance) ports.fleet.instances.set(ID, { ...instance, sessionId: null });
    await reconcile(ports);
    expect(ports.tasks.completed).toEqual([]);
    expect(ports.sessions.record().attempts[0]?.nodes[0]?.state).toBe('running');
  });

  it('does not give up a healthy node for a stale status alone', async () => {
    const silent = aNode({ statusAt: minutesAgo(20) });
    const ports = running(aSession({ attempts: [anAttempt({ nodes: [silent] })] }));
    await reconcile(ports);
    ports.clock.pass(11 * MINUTE_MS);
    await reconcile(ports);
    expect(ports.tasks.completed).toEqual([]);
  });

  it('gives up a silent node that EC2 finds impaired for ten minutes', async () => {
    const silent = aNode({ statusAt: minutesAgo(20) });
    const ports = running(aSession({ attempts: [anAttempt({ nodes: [silent] })] }));
    ports.fleet.impairedIds.add(ID);
    await reconcile(ports);
    expect(ports.tasks.completed).toEqual([]);
    ports.clock.pass(10 * MINUTE_MS);
    await reconcile(ports);
    expect(ports.tasks.completed).toMatchObject([{ error: 'NodeLost' }]);
  });

  it('asks EC2 and SSM once for the silent nodes of all sessions', async () => {
    const sessions = ['a', 'b', 'c'].map((sessionId, index) => {
      const silent = aNode({ instanceId: `i-0000000000000000${index}`, statusAt: minutesAgo(20) });
      return aSession({ sessionId, attempts: [anAttempt({ nodes: [silent] })] });
    });
    const ports = running(...sessions);
    const impaired = jest.spyOn(ports.fleet, 'impaired');
    const online = jest.spyOn(ports.presence, 'online');
    await reconcile(ports);
    expect(impaired.mock.calls).toEqual([[['i-00000000000000000', 'i-00000000000000001', 'i-00000000000000002']]]);
    expect(online).toHaveBeenCalledTimes(1);
  });

  it('begins with the sessions that the pass before had no time for', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `s-${10 + index}`);
    const attempts = (token: string) => [anAttempt({ heartbeatAt: null, taskToken: token })];
    const ports = running(...ids.map((sessionId) => aSession({ sessionId, attempts: attempts(sessionId) })));
    const get = jest.spyOn(ports.sessions, 'get');
    const passOutOfTime = () => {
      get.mockImplementationOnce(async (id) => {
        ports.clock.pass(MINUTE_MS);
        return ports.sessions.record(id);
      });
      return reconcile({ ...ports, deadlineMs: ports.clock.now() + MINUTE_MS });
    };
    await passOutOfTime();
    expect(ports.tasks.heartbeats.length).toBeLessThan(ids.length);
    await passOutOfTime();
    expect(ports.tasks.heartbeats.toSorted()).toEqual(ids);
  });

  it('asks by name before it believes that an execution has ended', async () => {
    const ports = running(aSession());
    ports.executions.unlisted.add(executionArn);
    await reconcile(ports);
    expect(ports.sessions.record().stopRequest).toBeNull();

    ports.executions.statuses.set(executionArn, 'ABORTED');
    await reconcile(ports);
    expect(ports.sessions.record().stopRequest?.reason).toBe('Aborted');
  });

  it('drains an aborted execution to its end: saved, terminated, notified, receipt written, closed', async () => {
    const ports = running(aSession());
    ports.executions.statuses.set(executionArn, 'ABORTED');
    await reconcile(ports);
    ports.objects.setJson(`final/AROANODE:${ID}.json`, aFinal({ outcome: 'stopped', reason: 'Aborted' }));
    for (let minute = 0; minute < 5; minute++) {
      ports.clock.pass(MINUTE_MS);
      await reconcile(ports);
    }

    expect(ports.fleet.terminated).toContain(ID);
    expect(ports.notifier.published).toHaveLength(1);
    expect(ports.notifier.published[0]).toMatchObject({
      alertId: 'digits-1-finished',
      body: expect.stringContaining('"resumeFrom": "digits-1"'),
    });
    expect(ports.sessions.record()).toMatchObject({ outcome: { result: 'aborted', resumable: true } });
    expect(ports.sessions.record().releasedAt).not.toBeNull();
    expect(ports.objects.json('sessions/digits-1/receipt.json')).toMatchObject({ outcome: { result: 'aborted' } });
  });

  it('terminates what is left of a session that has ended, and what no launch accounts for', async () => {
    const outcome = { result: 'failed' as const, error: null, message: '', at: minutesAgo(30), resumable: false };
    const ports = running(aSession({ outcome }));
    const orphan = aNode({ instanceId: 'i-0000000000000000f' });
    ports.fleet.add(orphan, { tags: { SessionId: 'digits-1', Attempt: '1' }, market: 'spot' });
    await reconcile(ports);
    expect(ports.fleet.terminated.sort()).toEqual([ID, 'i-0000000000000000f']);
  });

  it('terminates an instance that turns up after its session was closed; leaves unknown sessions to the reaper', async () => {
    const ports = running(aSession({ releasedAt: minutesAgo(5) }));
    ports.fleet.add(aNode({ instanceId: 'i-0e' }), { tags: { SessionId: 'unheard-of' }, market: 'spot' });
    await reconcile(ports);
    expect(ports.fleet.terminated).toEqual([ID]);
  });

  it("moves the others on when one session's turn fails, and then says so", async () => {
    const other = aSession({
      sessionId: 'digits-2',
      executionArn: `${executionArn}-2`,
      stopRequest: stop,
      attempts: [anAttempt({ nodes: [aNode({ instanceId: 'i-02', userId: 'AROANODE:i-02' })] })],
    });
    const ports = running(aSession(), other);
    const get = ports.objects.get.bind(ports.objects);
    ports.objects.get = async (key, options) => {
      if (key.includes(ID)) throw new Error('S3 is away');
      return get(key, options);
    };
    await expect(reconcile(ports)).rejects.toMatchObject({ name: 'AwsUnavailable' });
    expect(ports.fleet.terminated).toEqual(['i-02']);
    expect(ports.counted).toEqual(['ReconcileFailures']);
    expect(ports.lock.holder).toBeUndefined();
  });

  it('leaves the pass to whoever is at it already', async () => {
    const ports = running(aSession());
    ports.lock.holder = 'another';
    expect(await reconcile(ports)).toEqual({ sessions: 0 });
    expect(ports.tasks.heartbeats).toEqual([]);
  });
});
