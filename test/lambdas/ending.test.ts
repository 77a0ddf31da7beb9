import { collectResults } from '../../lambdas/collect-results/collect-results';
import { notifyFinished } from '../../lambdas/notify-finished/notify-finished';
import { releaseNodes } from '../../lambdas/release-nodes/release-nodes';
import { type MemoryPorts, memoryPorts } from '../support/memory-ports';
import { aFinal, aNode, anAttempt, aSession, minutesAgo } from '../support/sessions';

const ID = 'i-00000000000000001';
const { sessionId, executionArn } = aSession();
const RESULTS = 's3://bucket/results/digits-1/';
const MANIFEST = `${RESULTS}runctl-manifest.json`;

function finished(manifestUri: string | null = MANIFEST): MemoryPorts {
  const final = aFinal({ resultsManifestUri: manifestUri });
  const ports = memoryPorts(aSession({ attempts: [anAttempt({ nodes: [aNode({ final })] })] }));
  ports.fleet.add(aNode(), { tags: { SessionId: sessionId, Attempt: '1' }, market: 'spot' });
  const file = (path: string, sizeBytes: number) => ({ uri: `${RESULTS}${path}`, path, sizeBytes, sha256: 'x' });
  const manifest = { version: 1, sessionId, attempt: 1, files: [file('model.bin', 5), file('log.txt', 3)] };
  ports.objects.set(MANIFEST, JSON.stringify(manifest));
  ports.objects.set(`${RESULTS}model.bin`, '12345');
  ports.objects.set(`${RESULTS}log.txt`, 'abc');
  return ports;
}

const collect = (ports: MemoryPorts) => collectResults({ sessionId, attempt: 1 }, ports);
const end = { sessionId, executionArn, failure: null };
const failure = { error: 'TrainingFailed', cause: 'The command exited with code 3.' };

describe('collect-results', () => {
  it('verifies every file and writes the receipt', async () => {
    const ports = finished();
    expect(await collect(ports)).toEqual({ output: RESULTS, receipt: 's3://bucket/sessions/digits-1/receipt.json' });
    expect(ports.objects.json('sessions/digits-1/receipt.json')).toMatchObject({ total: { usd: expect.any(Number) } });
  });

  it('names what is missing and what is short', async () => {
    const ports = finished();
    ports.objects.objects.delete(`${RESULTS}model.bin`);
    ports.objects.set(`${RESULTS}log.txt`, 'ab');
    await expect(collect(ports)).rejects.toMatchObject({
      name: 'ResultsUnverified',
      message: expect.stringMatching(/model\.bin is missing[\s\S]*log\.txt has 2 bytes instead of 3/),
    });
  });

  it.each([[null], ['s3://elsewhere/runctl-manifest.json'], ['s3://bucket/sessions/digits-1/plan.json'], ['nonsense']])(
    'does not take %j for a manifest',
    async (uri) => {
      await expect(collect(finished(uri))).rejects.toMatchObject({ name: 'ResultsUnverified' });
    },
  );
});

describe('release-nodes', () => {
  it('records how the session ended, terminates its instances and writes the receipt', async () => {
    const ports = finished();
    const stray = aNode({ instanceId: 'i-0stray' });
    ports.fleet.add(stray, { tags: { SessionId: sessionId, Attempt: '1' }, market: 'spot' });

    await releaseNodes({ ...end, failure }, ports);

    expect(ports.sessions.record().outcome).toMatchObject({
      result: 'failed',
      error: 'TrainingFailed',
      resumable: true,
    });
    expect(ports.sessions.record().outcome?.message).toContain('"resumeFrom": "digits-1"');
    expect(ports.fleet.terminated.sort()).toEqual([ID, 'i-0stray']);
    expect(ports.objects.json('sessions/digits-1/receipt.json')).toMatchObject({ outcome: { result: 'failed' } });
  });

  it('done again, changes nothing', async () => {
    const ports = finished();
    await releaseNodes(end, ports);
    await releaseNodes({ ...end, failure }, ports);
    expect(ports.sessions.record().outcome).toMatchObject({ result: 'succeeded', error: null });
    expect(ports.fleet.terminated).toEqual([ID]);
  });

  it.each([
    ['BudgetReached', 'stopped', true],
    ['StoppedByUser', 'stopped', true],
    ['QuotaExceeded', 'failed', false],
    ['ResultsUnverified', 'failed', false],
    ['States.Runtime', 'failed', true],
  ])('%s is an end of kind %s, resumable: %s', async (error, result, resumable) => {
    const ports = finished();
    await releaseNodes({ ...end, failure: { error, cause: 'why' } }, ports);
    expect(ports.sessions.record().outcome).toMatchObject({ result, resumable });
  });

  it("shows what a function's failure says, not its JSON", async () => {
    const ports = finished();
    const cause = '{"errorType":"QuotaExceeded","errorMessage":"No quota.","trace":[]}';
    await releaseNodes({ ...end, failure: { error: 'QuotaExceeded', cause } }, ports);
    expect(ports.sessions.record().outcome?.message).toBe('No quota.');
  });

  it('works without a record, and leaves a namesake of another execution alone', async () => {
    await expect(releaseNodes(end, memoryPorts())).resolves.toEqual({ instances: 0, message: null });
    const ports = finished();
    await releaseNodes({ ...end, executionArn: 'another', failure }, ports);
    expect(ports.fleet.terminated).toEqual([]);
    expect(ports.sessions.record().outcome).toBeNull();
  });
});

describe('notify-finished', () => {
  it('tells once what happened, what it cost and where everything is', async () => {
    const ports = finished();
    await releaseNodes(end, ports);
    expect(await notifyFinished(end, ports)).toEqual({ isPublished: true });
    expect(await notifyFinished(end, ports)).toEqual({ isPublished: false });

    expect(ports.notifier.published).toHaveLength(1);
    const [{ alertId, subject, body } = { alertId: '', subject: '', body: '' }] = ports.notifier.published;
    expect(alertId).toBe('digits-1-finished');
    expect(subject).toBe('runctl: digits succeeded (digits-1)');
    expect(body).toContain(`Results: ${RESULTS}`);
    expect(body).toContain(`  aws s3 cp --recursive ${RESULTS} results/digits-1/`);
    expect(body).toContain('It took 1 instance, 1 attempt, 10.0 instance minutes.');
    expect(body).toContain('receipt s3://bucket/sessions/digits-1/receipt.json');
    expect(body).toContain(`s3://bucket/nodes/AROANODE:${ID}/logs/`);
    expect(body).toMatch(/together \$0\.0\d+; on demand it would have been \$0\.\d+/);
  });

  it('says of an end without a launch that there was none, and what to do', async () => {
    const ports = memoryPorts(aSession({ attempts: [] }));
    await releaseNodes({ ...end, failure: { error: 'QuotaExceeded', cause: 'No quota.' } }, ports);
    await notifyFinished({ ...end, failure: { error: 'QuotaExceeded', cause: 'No quota.' } }, ports);
    const [{ body, severity } = { body: '', severity: '' }] = ports.notifier.published;
    expect(severity).toBe('error');
    expect(body).toContain('No quota.\n\nNo instance was launched.\nNo instance of it is running.');
    expect(body).not.toContain('What it cost');
  });

  it('tries again when publishing failed', async () => {
    const ports = finished();
    const publish = ports.notifier.publish.bind(ports.notifier);
    ports.notifier.publish = () => Promise.reject(new Error('SNS is away'));
    await expect(notifyFinished(end, ports)).rejects.toThrow('SNS is away');
    ports.notifier.publish = publish;
    expect(await notifyFinished(end, ports)).toEqual({ isPublished: true });
  });

  it('leaves it to whoever is about to tell already, and looks again: nobody is told twice', async () => {
    const ports = memoryPorts(
      aSession({ notification: { requestedAt: minutesAgo(0), doneAt: null, by: 'decision' as const } }),
    );
    await expect(notifyFinished(end, ports)).rejects.toMatchObject({ name: 'WriteConflict' });
    expect(ports.notifier.published).toEqual([]);
    ports.clock.pass(61_000);
    expect(await notifyFinished(end, ports)).toEqual({ isPublished: true });
  });

  it('tells of an execution that was refused before it had a record', async () => {
    const ports = memoryPorts();
    await notifyFinished({ ...end, failure: { error: 'InvalidJobSpec', cause: 'The job spec has 1 problem.' } }, ports);
    expect(ports.notifier.published[0]).toMatchObject({
      subject: 'runctl: digits-1 was not started (InvalidJobSpec)',
      body: expect.stringContaining('The job spec has 1 problem.'),
    });
  });

  it('says that a cost is unknown rather than nothing', async () => {
    const node = aNode({ usdPerHour: null, onDemandUsdPerHour: null, launchedAt: minutesAgo(10) });
    const ports = memoryPorts(aSession({ attempts: [anAttempt({ nodes: [node] })] }));
    await notifyFinished(end, ports);
    expect(ports.notifier.published[0]?.body).toContain('of it known); on demand it would have been unknown');
  });
});
