import { iso, MINUTE_MS } from '../../core/time';
import { collectResults } from '../../lambdas/collect-results/collect-results';
import { handleEvent } from '../../lambdas/handle-event/handle-event';
import { launchNodes } from '../../lambdas/launch-nodes/launch-nodes';
import { notifyFinished } from '../../lambdas/notify-finished/notify-finished';
import { planJob } from '../../lambdas/plan-job/plan-job';
import { reconcile } from '../../lambdas/reconcile/reconcile';
import { releaseNodes } from '../../lambdas/release-nodes/release-nodes';
import { startTraining } from '../../lambdas/start-training/start-training';
import { type MemoryPorts, memoryPorts } from '../support/memory-ports';
import { aFinal, aStatus } from '../support/sessions';

const sessionId = 'run-1';
const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:Runctl:run-1';
const job = { name: 'digits', command: 'python3 train.py', resources: { instanceTypes: ['g5.xlarge'] } };
const checkpoint = {
  ...{ name: 'step-40.pt', step: 40, sequence: 2, sizeBytes: 10, committedAt: iso(0), uploadSeconds: 1 },
};

const nodeOf = (ports: MemoryPorts, attempt: number) => {
  const node = ports.sessions.record(sessionId).attempts[attempt - 1]?.nodes[0];
  if (node === undefined) throw new Error(`attempt ${attempt} has no node`);
  return node;
};
const lease = (ports: MemoryPorts) => ports.objects.json(`sessions/${sessionId}/lease.json`);

/** What the agent writes last, and S3's event about it. */
async function lastWord(ports: MemoryPorts, attempt: number, changes: Parameters<typeof aFinal>[0]): Promise<void> {
  const { userId } = nodeOf(ports, attempt);
  ports.objects.setJson(`final/${userId}.json`, aFinal({ sessionId, attempt, ...changes }));
  await handleEvent(
    {
      ...{ version: '0', id: 'e-1', account: '000000000000', region: 'us-east-1', resources: [] },
      ...{ source: 'aws.s3', 'detail-type': 'Object Created', time: iso(ports.clock.now()) },
      detail: { object: { key: `final/${userId}.json` } },
    },
    ports,
  );
}

/** The heartbeat of an attempt's node. */
function say(ports: MemoryPorts, attempt: number, changes: Parameters<typeof aStatus>[0]): void {
  ports.objects.setJson(`status/${nodeOf(ports, attempt).userId}.json`, aStatus({ sessionId, attempt, ...changes }));
}

describe('a session, from plan to notification', () => {
  it('is interrupted, goes on from its last save in a second attempt, and is cleaned up', async () => {
    const ports = memoryPorts();
    ports.executions.statuses.set(executionArn, 'RUNNING');
    await planJob({ sessionId, executionArn, job }, ports);
    await launchNodes({ sessionId, attempt: 1 }, ports);
    await startTraining({ sessionId, attempt: 1, taskToken: 'token-1' }, ports);
    expect(lease(ports)).toMatchObject({ orders: { 1: { go: true, resumeCandidates: [] } } });

    ports.clock.pass(10 * MINUTE_MS);
    await lastWord(ports, 1, { outcome: 'interrupted', reason: 'SpotNotice', lastCheckpoint: checkpoint });
    expect(ports.tasks.completed).toMatchObject([{ token: 'token-1', error: 'SpotInterrupted' }]);

    await launchNodes({ sessionId, attempt: 2 }, ports);
    await startTraining({ sessionId, attempt: 2, taskToken: 'token-2' }, ports);
    expect(lease(ports)).toMatchObject({
      orders: { 2: { go: true, resumeCandidates: [nodeOf(ports, 1).userId] } },
    });

    ports.clock.pass(10 * MINUTE_MS);
    const results = `s3://bucket/results/${sessionId}/`;
    ports.objects.set(`${results}runctl-manifest.json`, '{"version":1,"sessionId":"run-1","attempt":2,"files":[]}');
    await lastWord(ports, 2, { outcome: 'succeeded', resultsManifestUri: `${results}runctl-manifest.json` });
    expect(ports.tasks.completed[1]).toEqual({ token: 'token-2', output: { attempt: 2 } });

    expect(await collectResults({ sessionId, attempt: 2 }, ports)).toMatchObject({ output: results });
    await releaseNodes({ sessionId, executionArn, failure: null }, ports);
    await notifyFinished({ sessionId, executionArn, failure: null }, ports);
    ports.executions.statuses.set(executionArn, 'SUCCEEDED');
    for (let pass = 0; pass < 3; pass++) {
      ports.clock.pass(MINUTE_MS);
      await reconcile(ports);
    }

    expect([...ports.fleet.instances.values()].map(({ state }) => state)).toEqual(['terminated', 'terminated']);
    expect(ports.sessions.record(sessionId).releasedAt).not.toBeNull();
    expect(ports.notifier.published).toHaveLength(1);
    expect(ports.objects.json(`sessions/${sessionId}/receipt.json`)).toMatchObject({
      outcome: { result: 'succeeded' },
      attempts: [{ end: 'SpotInterrupted' }, { end: 'finished' }],
      total: { usd: expect.any(Number), onDemandUsd: expect.any(Number) },
    });
  });

  it('moves to another machine that is made ready while it trains, and completes the task of the one that ends', async () => {
    const ports = memoryPorts();
    ports.executions.statuses.set(executionArn, 'RUNNING');
    await planJob({ sessionId, executionArn, job: { ...job, on: { rebalance: 'migrate' } } }, ports);
    await launchNodes({ sessionId, attempt: 1 }, ports);
    await startTraining({ sessionId, attempt: 1, taskToken: 'token-1' }, ports);
    ports.clock.pass(11 * MINUTE_MS);
    say(ports, 1, { stage: 'train', isRebalanceRecommended: true, lastCheckpoint: checkpoint });
    await reconcile(ports);
    expect(ports.replacements.prepared).toEqual([{ sessionId, attempt: 2 }]);

    await launchNodes({ sessionId, attempt: 2 }, ports);
    expect(await startTraining({ sessionId, attempt: 2, taskToken: null }, ports)).toEqual({ isStarted: true });
    expect(lease(ports)).toMatchObject({ orders: { 1: { desired: 'run' }, 2: { go: false, desired: 'run' } } });

    say(ports, 1, { stage: 'train', isRebalanceRecommended: true, lastCheckpoint: checkpoint });
    say(ports, 2, { stage: 'wait' });
    await reconcile(ports);
    expect(lease(ports)).toMatchObject({ orders: { 1: { desired: 'stop', reason: 'TrainingMigrated' } } });
    await lastWord(ports, 1, { outcome: 'interrupted', reason: 'TrainingMigrated', lastCheckpoint: checkpoint });
    expect(ports.tasks.completed).toMatchObject([{ token: 'token-1', error: 'TrainingMigrated' }]);
    expect(lease(ports)).toMatchObject({ orders: { 2: { go: true, resumeCandidates: [nodeOf(ports, 1).userId] } } });

    expect(await launchNodes({ sessionId, attempt: 2 }, ports)).toEqual({ outcome: 'launched' });
    await startTraining({ sessionId, attempt: 2, taskToken: 'token-2' }, ports);
    expect(ports.runCommand.started.map(({ attempt }) => attempt)).toEqual([1, 2]);
    await lastWord(ports, 2, { outcome: 'succeeded' });
    expect(ports.tasks.completed[1]).toEqual({ token: 'token-2', output: { attempt: 2 } });
  });

  it.each([0, 1, 2, 3])(
    'no wake-up is lost: a last word that comes at write %i of start-training still completes the task, once',
    async (writesBefore) => {
      const ports = memoryPorts();
      ports.executions.statuses.set(executionArn, 'RUNNING');
      await planJob({ sessionId, executionArn, job }, ports);
      await launchNodes({ sessionId, attempt: 1 }, ports);
      const save = ports.sessions.save.bind(ports.sessions);
      let writes = 0;
      ports.sessions.save = async (session) => {
        if (writes++ === writesBefore) await lastWord(ports, 1, { outcome: 'failed', exitCode: 3 });
        return save(session);
      };

      await startTraining({ sessionId, attempt: 1, taskToken: 'token-1' }, ports);

      expect(writes).toBeGreaterThan(writesBefore);
      expect(ports.tasks.completed).toMatchObject([{ token: 'token-1', error: 'TrainingFailed' }]);
    },
  );
});
