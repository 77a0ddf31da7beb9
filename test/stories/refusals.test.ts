import type { JobSpecInput } from '../../core/job/job-spec';
import { World } from './support/world';

describe('a job is refused before anything is launched', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world?.close());

  const refusalOf = async (sessionId: string) => {
    const { status, error, cause } = await world.end(sessionId);
    expect(status).toBe('FAILED');
    expect(await world.instances(sessionId)).toEqual([]);
    return { error, cause };
  };

  it('when its spec is wrong: every problem is named', async () => {
    const sessionId = world.newName('bad-spec');
    await world.startExecution(sessionId, { name: 'x y', comand: 'python3 train.py', limits: { maxHours: -1 } });
    const { error, cause } = await refusalOf(sessionId);
    expect(error).toBe('InvalidJobSpec');
    for (const text of ['name:', 'did you mean "command"?', 'limits.maxHours:']) expect(cause).toContain(text);
  });

  it('when its code or data is missing', async () => {
    const sessionId = await world.submit('', {
      code: `s3://${world.cloud.bucket}/code/none.tar.gz`,
      data: `s3://${world.cloud.bucket}/nowhere/`,
    });
    const { error, cause } = await refusalOf(sessionId);
    expect(error).toBe('InvalidJobSpec');
    expect(cause).toContain('code/none.tar.gz');
    expect(cause).toContain('nowhere/');
  });

  it('when the first hour does not fit its budget: with the arithmetic', async () => {
    const { error, cause } = await refusalOf(await world.submit('', { limits: { maxUsd: 0.0001 } }));
    expect(error).toBe('InvalidJobSpec');
    expect(cause).toMatch(/0\.0001/);
  });

  it('when the account’s quota is zero: which one, and how to raise it', async () => {
    const gpu: Partial<JobSpecInput> = { resources: { instanceTypes: ['g5.xlarge'], market: 'spot' } };
    world.cloud.setQuota('L-3819A6DF', 0);
    const { error, cause } = await refusalOf(await world.submit('', gpu));
    expect(error).toBe('QuotaExceeded');
    expect(cause).toContain('L-3819A6DF');
    expect(cause).toContain('aws service-quotas request-service-quota-increase');
  });

  it('when the name of the execution cannot be a session id', async () => {
    const name = world.newName('bad.name');
    await world.startExecution(name, { name: 'x', command: 'true' });
    expect((await refusalOf(name)).error).toBe('InvalidJobSpec');
  });
});

describe('no capacity', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({ speed: 30 });
  });
  beforeEach(() => world.cloud.ec2.clearCapacity());
  afterAll(() => world?.close());

  it('on spot leads to on-demand after the patience', async () => {
    world.cloud.ec2.capacity({ market: 'spot', code: 'InsufficientInstanceCapacity' });
    const sessionId = await world.submit('--steps 5', { launch: { spotPatienceMinutes: 2 } });
    await world.success(sessionId);
    expect((await world.node(sessionId, 1))?.market).toBe('on-demand');
  });

  it('anywhere ends as CapacityUnavailable, with each pool and its error', async () => {
    world.cloud.ec2.capacity({ code: 'InsufficientInstanceCapacity' });
    const sessionId = await world.submit('', { launch: { spotPatienceMinutes: 1, patienceHours: 0.1 } });
    const { error, cause } = await world.end(sessionId);
    expect(error).toBe('CapacityUnavailable');
    expect(cause).toContain('m6i.large');
    expect(cause).toContain('InsufficientInstanceCapacity');
  });
});
