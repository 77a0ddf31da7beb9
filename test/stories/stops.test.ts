import { World } from './support/world';

describe('stopping', () => {
  let world: World;
  /** Events of this kind are lost while it is set. */
  let lost: string | undefined;
  beforeAll(async () => {
    const deliveryFaults = (event: { 'detail-type': string }) =>
      (event['detail-type'] === lost ? 'drop' : 'deliver') as 'drop' | 'deliver';
    world = await World.start({ cloud: { faults: { deliveryFaults } } });
  });
  beforeEach(() => {
    lost = undefined;
  });
  afterAll(() => world?.close());

  it('as a user asks: saves, uploads, ends resumable; a later job goes on from there', async () => {
    const sessionId = await world.submit('--steps 40 --save-every 10 --hold-at 17');
    const node = await world.trainingAt(sessionId, 17);
    await world.stop(sessionId);

    const { status, error, cause } = await world.end(sessionId);
    expect([status, error]).toEqual(['FAILED', 'StoppedByUser']);
    expect(cause).toContain('step-000017.json');
    expect(await world.final(node)).toMatchObject({ outcome: 'stopped', lastCheckpoint: { step: 17 } });
    await world.noInstances(sessionId);
    expect((await world.session(sessionId))?.outcome).toMatchObject({ result: 'stopped', resumable: true });

    const later = await world.submit('--steps 40 --save-every 10', { resumeFrom: sessionId });
    await world.success(later);
    expect(await world.json(`results/${later}/result.json`)).toEqual({ steps: 40, resumedAt: 17 });
  });

  it.each([
    ['with its event', undefined],
    ['when the event is lost', 'Step Functions Execution Status Change'],
  ])('by StopExecution drains: saves, uploads, and no instance is left, %s', async (_title, event) => {
    lost = event;
    const sessionId = await world.submit('--steps 40 --save-every 10 --hold-at 13');
    const node = await world.trainingAt(sessionId, 13);
    await world.abort(sessionId);

    await world.noInstances(sessionId);
    expect(await world.final(node)).toMatchObject({ outcome: 'stopped', lastCheckpoint: { step: 13 } });
    const session = await world.until('the user is told', async () => {
      const record = await world.session(sessionId);
      return record?.notification?.doneAt ? record : undefined;
    });
    expect(session.outcome).toMatchObject({ result: 'aborted', resumable: true });
  });

  it.each([['EC2 Spot Instance Interruption Warning'], ['EC2 Instance State-change Notification'], ['Object Created']])(
    'an interruption is survived when "%s" is lost',
    async (event) => {
      lost = event;
      const sessionId = await world.submit('--steps 30 --save-every 10 --hold-at 13');
      const node = await world.trainingAt(sessionId, 13);
      await world.cloud.ec2.interrupt(node.instanceId);
      await world.success(sessionId);
      expect(await world.json(`results/${sessionId}/result.json`)).toEqual({ steps: 30, resumedAt: 13 });
    },
  );

  it('a time limit stops the session resumable', async () => {
    // AWS minutes, of which the grace is kept for saving: some seconds of real time.
    const limits = { maxHours: 8 / 60, graceSeconds: 120 };
    const sessionId = await world.submit('--steps 100000 --step-seconds 0.02 --save-every 1000', { limits });
    const { error } = await world.end(sessionId);
    expect(error).toBe('TimeLimitReached');
    expect((await world.session(sessionId))?.outcome).toMatchObject({ result: 'stopped', resumable: true });
    expect((await world.node(sessionId, 1))?.final?.lastCheckpoint?.step).toBeGreaterThan(0);
  });
});
