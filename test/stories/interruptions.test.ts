import { World } from './support/world';

/** Steps in the story's log lines, so that one can see what each attempt trained. */
const stepsIn = (log: string) => [...log.matchAll(/^step=(\d+) /gm)].map(([, step]) => Number(step));

describe('a job', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({ speed: 10 });
  });
  afterAll(() => world?.close());

  const logOf = async (userId: string) => {
    const keys = await world.keys(`nodes/${userId}/logs/`);
    return (await Promise.all(keys.sort().map((key) => world.text(key)))).join('');
  };

  it('that nothing happens to runs from submission to clean-up', async () => {
    const sessionId = await world.submit('--steps 20 --save-every 5');
    const { output } = await world.success(sessionId);
    const results = `s3://${world.cloud.bucket}/results/${sessionId}/`;
    expect(JSON.parse(output ?? '{}')).toMatchObject({ sessionId, output: results });
    expect(await world.json(`results/${sessionId}/result.json`)).toEqual({ steps: 20, resumedAt: 0 });
    expect(await world.json(`sessions/${sessionId}/receipt.json`)).toMatchObject({ sessionId });
    await world.noInstances(sessionId);
    expect((await world.session(sessionId))?.outcome).toMatchObject({ result: 'succeeded' });
    expect((await world.session(sessionId))?.notification?.doneAt).toBeTruthy();
  });

  it('with a notice saves, and the next attempt resumes from that very save: no step is lost', async () => {
    // A script that saves on SIGTERM and exits with 0: this must not be taken for a finished training.
    const sessionId = await world.submit('--steps 40 --save-every 10 --hold-at 23');
    const first = await world.trainingAt(sessionId, 23);
    await world.cloud.ec2.interrupt(first.instanceId);

    await world.success(sessionId);
    expect(await world.json(`results/${sessionId}/result.json`)).toEqual({ steps: 40, resumedAt: 23 });
    expect(await world.final(first)).toMatchObject({
      outcome: 'interrupted',
      reason: 'SpotNotice',
      lastCheckpoint: { step: 23 },
    });
    const second = await world.node(sessionId, 2);
    expect(stepsIn(await logOf(second?.userId ?? ''))[0]).toBe(24);
    await world.noInstances(sessionId);
  });

  it('whose host vanishes goes on from the newest verified checkpoint', async () => {
    const sessionId = await world.submit('--steps 40 --save-every 10 --hold-at 27');
    const first = await world.trainingAt(sessionId, 27);
    await world.until('step 20 is committed', async () => (await world.status(first))?.lastCheckpoint?.step === 20);
    await world.cloud.ec2.kill(first.instanceId);

    await world.success(sessionId);
    expect(await world.json(`results/${sessionId}/result.json`)).toEqual({ steps: 40, resumedAt: 20 });
  });

  it('whose newest checkpoint is torn resumes from the one before, and says so', async () => {
    const sessionId = await world.submit('--steps 40 --save-every 10 --hold-at 27');
    const first = await world.trainingAt(sessionId, 27);
    await world.until('step 20 is committed', async () => (await world.status(first))?.lastCheckpoint?.step === 20);
    const newest = (await world.keys(`nodes/${first.userId}/checkpoints/`)).filter((key) =>
      key.endsWith('step-000020.json'),
    );
    expect(newest).toHaveLength(1);
    await world.put(newest[0] ?? '', '{"step": 2');
    await world.cloud.ec2.kill(first.instanceId);

    await world.success(sessionId);
    expect(await world.json(`results/${sessionId}/result.json`)).toEqual({ steps: 40, resumedAt: 10 });
    const second = await world.node(sessionId, 2);
    const warnings = second && (await world.status(second))?.warnings.join('\n');
    expect(warnings).toContain('step-000020.json');
  });

  it('interrupted while its instance boots begins anew and finishes', async () => {
    const sessionId = await world.submit('--steps 10');
    const first = await world.until('an instance runs', async () => {
      const [instance] = await world.instances(sessionId);
      return instance?.State?.Name === 'running' ? instance : undefined;
    });
    await world.cloud.ec2.interrupt(first.InstanceId ?? '');
    await world.success(sessionId);
    expect(await world.json(`results/${sessionId}/result.json`)).toEqual({ steps: 10, resumedAt: 0 });
    expect((await world.session(sessionId))?.attempts).toHaveLength(2);
  });

  it('interrupted while it stages data begins anew and finishes', async () => {
    await Promise.all(Array.from({ length: 400 }, (_, index) => world.put(`many/${index}`, 'x')));
    const sessionId = await world.submit('--steps 10', { data: `s3://${world.cloud.bucket}/many/` });
    const first = await world.atStage(sessionId, 'data');
    await world.cloud.ec2.interrupt(first.instanceId);
    await world.success(sessionId);
    expect(await world.final(first)).toMatchObject({ outcome: 'interrupted', reason: 'SpotNotice', stage: 'data' });
    expect((await world.session(sessionId))?.attempts).toHaveLength(2);
  });

  it('interrupted while it uploads its results has finished all the same', async () => {
    const sessionId = await world.submit('--steps 10 --outputs 400');
    const first = await world.atStage(sessionId, 'upload');
    await world.cloud.ec2.interrupt(first.instanceId);
    await world.success(sessionId);
    expect(await world.final(first)).toMatchObject({ outcome: 'succeeded' });
    expect((await world.session(sessionId))?.attempts).toHaveLength(1);
    // Everything the script wrote, the log and the manifest.
    expect(await world.keys(`results/${sessionId}/`)).toHaveLength(403);
  });

  it('that fails ends with its exit code, its last words and where the whole log is', async () => {
    const sessionId = await world.submit('--steps 20 --fail-at 5');
    const { status, error, cause } = await world.end(sessionId);
    expect(status).toBe('FAILED');
    expect(error).toBe('TrainingFailed');
    expect(cause).toContain('code 3');
    expect(cause).toContain('ValueError: the data has a hole');
    expect(cause).toMatch(/s3:\/\/\S+\/logs\//);
    await world.noInstances(sessionId);
    expect((await world.session(sessionId))?.attempts).toHaveLength(1);
  });

  it('that fails is tried again when the job asks, from its newest checkpoint', async () => {
    const sessionId = await world.submit('--steps 30 --save-every 10 --fail-once-at 15', { retry: { maxFailures: 1 } });
    await world.success(sessionId);
    expect(await world.json(`results/${sessionId}/result.json`)).toEqual({ steps: 30, resumedAt: 10 });
  });

  it('that ignores SIGTERM is killed in time, and its last committed checkpoint stands', async () => {
    const sessionId = await world.submit('--steps 60 --save-every 10 --hold-at 23 --ignore-sigterm');
    const first = await world.trainingAt(sessionId, 23);
    await world.cloud.ec2.interrupt(first.instanceId);
    await world.success(sessionId);
    expect(await world.json(`results/${sessionId}/result.json`)).toEqual({ steps: 60, resumedAt: 20 });
  });
});
