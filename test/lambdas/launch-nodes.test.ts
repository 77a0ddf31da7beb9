import { receiptOf } from '../../core/costs/receipt';
import { receiptLines } from '../../core/costs/receipt-text';
import { costUntil } from '../../core/costs/session-cost';
import type { JobSpecInput } from '../../core/job/job-spec';
import { requireJobSpec } from '../../core/job/job-spec-problems';
import type { PoolError, Session } from '../../core/session/session';
import { HOUR_MS, iso, MINUTE_MS } from '../../core/time';
import { launchNodes } from '../../lambdas/launch-nodes/launch-nodes';
import { type MemoryPorts, memoryPorts } from '../support/memory-ports';
import { anAttempt, aSession, NOW } from '../support/sessions';

function planned(job: Partial<JobSpecInput> = {}): { ports: MemoryPorts; session: Session } {
  const session = aSession({ attempts: [], job: requireJobSpec({ name: 'digits', command: 'true', ...job }) });
  const ports = memoryPorts(session);
  const type = (instanceType: string) => ({
    ...{ instanceType, architecture: 'x86_64', vcpus: 4, memoryMiB: 1, gpus: 1, amiId: 'ami-1' },
    ...{ rootDeviceName: '/dev/sda1', volumeGiB: 100, spotUsdPerHour: 0.5, onDemandUsdPerHour: 1 },
  });
  ports.objects.setJson('sessions/digits-1/plan.json', {
    ...{ version: 1, sessionId: 'digits-1', plannedAt: iso(NOW), bucket: 'bucket', resultsUri: session.resultsUri },
    job: session.job,
    instanceTypes: [type('g5.xlarge'), type('g5.2xlarge')],
  });
  return { ports, session };
}

const launch = (ports: MemoryPorts, attempt = 1) => launchNodes({ sessionId: 'digits-1', attempt }, ports);

const error = (code: string, market: 'spot' | 'on-demand' = 'spot'): PoolError => ({
  instanceType: 'g5.xlarge',
  zone: 'us-east-1a',
  market,
  code,
  message: `${code}, says EC2.`,
});

describe('launch-nodes', () => {
  it('gives up an attempt that is not needed yet where EC2 refuses it, and no other one with it', async () => {
    const { ports, session } = planned({ on: { rebalance: 'migrate' } });
    ports.sessions.records.set('digits-1', { ...session, attempts: [anAttempt()] });
    ports.fleet.answer = () => ({ errors: [error('MaxSpotInstanceCountExceeded')] });
    await expect(launch(ports, 2)).rejects.toMatchObject({ name: 'ReplacementDropped' });
    const [first, second] = ports.sessions.record().attempts;
    expect([first?.verdict, second?.verdict?.error]).toEqual([null, 'ReplacementDropped']);
    expect(second?.verdict?.message).toContain('quota');
  });

  it('asks for every type in every subnet, tagged in the call, and records the nodes', async () => {
    const { ports } = planned({ tags: { Team: 'nlp' }, limits: { maxHours: 2 } });

    expect(await launch(ports)).toEqual({ outcome: 'launched' });

    const [request] = ports.fleet.launches;
    expect(request?.pools.map(({ instanceType, subnetId }) => `${instanceType} ${subnetId}`)).toEqual([
      'g5.xlarge subnet-a',
      'g5.xlarge subnet-b',
      'g5.2xlarge subnet-a',
      'g5.2xlarge subnet-b',
    ]);
    expect(request?.clientToken).toMatch(/^[0-9a-f]{64}$/);
    expect(request?.tags).toEqual({
      ...{ CostCenter: 'ml', Team: 'nlp', Name: 'runctl-training', Project: 'default', Owner: 'unknown' },
      ...{ CreatedBy: 'runctl', SessionId: 'digits-1', Attempt: '1', Job: 'digits' },
      ExpiresAt: iso(NOW + 26 * HOUR_MS),
    });
    expect(ports.sessions.record().attempts[0]?.nodes[0]).toMatchObject({
      userId: 'AROANODE:i-00000000000000001',
      usdPerHour: 0.5,
      onDemandUsdPerHour: 1,
      market: 'spot',
      state: 'pending',
    });
  });

  it('launches nothing twice: not when called again, and not after a crash between call and record', async () => {
    const { ports } = planned();
    ports.fleet.answer = () => {
      ports.sessions.beforeSave = () => Promise.reject(new Error('the function died'));
      return {};
    };
    await expect(launch(ports)).rejects.toThrow('the function died');
    ports.clock.pass(MINUTE_MS);

    expect(await launch(ports)).toEqual({ outcome: 'launched' });
    expect(await launch(ports)).toEqual({ outcome: 'launched' });

    expect(ports.fleet.launches).toHaveLength(2);
    expect(ports.fleet.launches[1]).toEqual(ports.fleet.launches[0]);
    expect(ports.fleet.instances.size).toBe(1);
  });

  it('waits longer and longer for spot, then takes on-demand', async () => {
    const { ports } = planned({ launch: { spotPatienceMinutes: 3 } });
    ports.fleet.answer = ({ market }) => (market === 'spot' ? { errors: [error('InsufficientInstanceCapacity')] } : {});
    const waits: number[] = [];
    for (let calls = 0; calls < 20; calls++) {
      const output = await launch(ports);
      if (output.outcome === 'launched') break;
      waits.push(output.waitSeconds);
      ports.clock.pass(output.waitSeconds * 1000);
    }

    expect(waits).toEqual([15, 30, 60, 75]);
    const [attempt] = ports.sessions.record().attempts;
    expect(attempt?.nodes[0]).toMatchObject({ market: 'on-demand', usdPerHour: 1 });
    expect(new Set(ports.fleet.launches.map(({ clientToken }) => clientToken)).size).toBe(ports.fleet.launches.length);
  });

  it('gives up after the patience, with each pool tried and its error', async () => {
    const { ports } = planned({ launch: { patienceHours: 1, spotPatienceMinutes: 10 } });
    ports.fleet.answer = ({ market }) => ({ errors: [error('InsufficientInstanceCapacity', market)] });
    const seen = async () => {
      for (let calls = 0; calls < 100; calls++) {
        const output = await launch(ports);
        if (output.outcome === 'wait') ports.clock.pass(output.waitSeconds * 1000);
      }
    };
    await expect(seen()).rejects.toMatchObject({
      name: 'CapacityUnavailable',
      message: expect.stringMatching(
        /g5\.xlarge in us-east-1a \(spot\): InsufficientInstanceCapacity[\s\S]*g5\.xlarge in us-east-1a \(on-demand\)/,
      ),
    });
    expect(ports.clock.now() - NOW).toBe(HOUR_MS);
  });

  it('goes to on-demand at once when spot is a matter of quota, and ends when both are', async () => {
    const { ports } = planned();
    ports.fleet.answer = ({ market }) => (market === 'spot' ? { errors: [error('MaxSpotInstanceCountExceeded')] } : {});
    expect(await launch(ports)).toEqual({ outcome: 'launched' });

    const { ports: none } = planned();
    none.fleet.answer = ({ market }) => ({
      errors: [error(market === 'spot' ? 'MaxSpotInstanceCountExceeded' : 'VcpuLimitExceeded', market)],
    });
    await expect(launch(none)).rejects.toMatchObject({
      name: 'QuotaExceeded',
      message: expect.stringContaining('--quota-code L-3819A6DF'),
    });
  });

  it('ends at once on a wrong configuration', async () => {
    const { ports } = planned({ resources: { market: 'spot', instanceTypes: ['g5.xlarge'] } });
    ports.fleet.answer = () => ({ errors: [error('InvalidParameterValue')] });
    await expect(launch(ports)).rejects.toMatchObject({ name: 'LaunchConfigInvalid' });
  });

  it('waits on while one pool may still give something', async () => {
    const { ports } = planned();
    ports.fleet.answer = () => ({ errors: [error('VcpuLimitExceeded'), error('InsufficientInstanceCapacity')] });
    expect(await launch(ports)).toEqual({ outcome: 'wait', waitSeconds: 15 });
  });

  it('takes all nodes or none', async () => {
    const { ports } = planned({ resources: { nodes: 2, instanceTypes: ['g5.xlarge'] } });
    const address = { privateAddress: null, hasPublicAddress: null };
    const lone = { instanceId: 'i-0abc', instanceType: 'g5.xlarge', zone: 'us-east-1a', ...address };
    ports.fleet.answer = () => ({ instances: [{ ...lone, launchedAt: iso(NOW) }], errors: [error('Unfulfillable')] });

    expect(await launch(ports)).toEqual({ outcome: 'wait', waitSeconds: 15 });

    expect(ports.fleet.terminated).toEqual(['i-0abc']);
    expect(ports.sessions.record().attempts[0]?.nodes).toEqual([]);
  });

  it('puts what it gave back on the bill, a minute of each, however often it is tried', async () => {
    const { ports } = planned({ resources: { nodes: 2, instanceTypes: ['g5.xlarge'] } });
    const address = { privateAddress: null, hasPublicAddress: null };
    const lone = { instanceId: 'i-0abc', instanceType: 'g5.xlarge', zone: 'us-east-1a', ...address };
    ports.fleet.answer = () => ({ instances: [{ ...lone, launchedAt: iso(ports.clock.now()) }], errors: [] });
    await launch(ports);
    ports.clock.pass(MINUTE_MS);
    await launch(ports);

    const session = ports.sessions.record();
    const minute = 1 / 60;
    expect(session.attempts[0]?.givenBack).toEqual([
      {
        at: iso(NOW),
        instances: 2,
        instanceUsd: expect.closeTo(2 * 0.5 * minute),
        onDemandUsd: expect.closeTo(2 * 1 * minute),
        volumeUsd: expect.any(Number),
        addressUsd: expect.closeTo(2 * 0.005 * minute),
      },
    ]);
    const receipt = receiptOf(session, ports.clock.now());
    expect(receipt.total.lines.instances).toBeCloseTo(2 * 0.5 * minute, 5);
    expect(receipt.total.seconds).toBe(120);
    expect(receiptLines(receipt)[0]).toMatch(
      /^attempt 1 {2}2 of launches without all nodes, given back: 60 s each {2}\$0\.0\d+$/,
    );
  });

  it('counts what was given back on its day', async () => {
    const { ports } = planned({
      launch: { patienceHours: 48 },
      resources: { nodes: 2, market: 'spot', instanceTypes: ['g5.xlarge'] },
    });
    const lone = { instanceId: 'i-0abc', instanceType: 'g5.xlarge', zone: 'us-east-1a', privateAddress: null };
    const launchedAt = () => iso(ports.clock.now());
    ports.fleet.answer = () => ({
      instances: [{ ...lone, hasPublicAddress: false, launchedAt: launchedAt() }],
      errors: [],
    });
    await launch(ports);
    ports.clock.pass(24 * HOUR_MS);
    await launch(ports);
    const instancesUntil = (ms: number) => costUntil(ports.sessions.record(), ms).lines.instances;
    expect(instancesUntil(NOW)).toBeCloseTo(0.5 / 60, 5);
    expect(instancesUntil(ports.clock.now())).toBeCloseTo((2 * 0.5) / 60, 5);
  });

  it('goes by the launch template where EC2 shows no address: it is paid for, seen or not', async () => {
    const { ports } = planned();
    const unseen = { privateAddress: null, hasPublicAddress: null, launchedAt: iso(NOW) };
    const gone = { instanceId: 'i-0abc', instanceType: 'g5.xlarge', zone: 'us-east-1a', ...unseen };
    ports.fleet.answer = () => ({ instances: [gone] });

    await launch(ports);

    expect(ports.sessions.record().attempts[0]?.nodes).toMatchObject([{ hasPublicAddress: true }]);
  });

  it('gives ranks by instance id', async () => {
    const { ports } = planned({ resources: { nodes: 3, instanceTypes: ['g5.xlarge'] } });
    await launch(ports);
    const nodes = ports.sessions.record().attempts[0]?.nodes ?? [];
    expect(nodes.map(({ rank }) => rank)).toEqual([0, 1, 2]);
    expect(nodes.map(({ instanceId }) => instanceId)).toEqual(nodes.map(({ instanceId }) => instanceId).sort());
  });

  it('terminates what it launched when the session was stopped meanwhile, and says so', async () => {
    const { ports } = planned();
    ports.fleet.answer = async () => {
      const session = await ports.sessions.get('digits-1');
      const stopRequest = { at: iso(NOW), reason: 'StoppedByUser' as const, by: 'ana', immediate: false };
      if (session) await ports.sessions.save({ ...session, stopRequest: { ...stopRequest, deadline: iso(NOW) } });
      return {};
    };

    await expect(launch(ports)).rejects.toMatchObject({ name: 'StoppedByUser' });

    expect(ports.fleet.terminated).toEqual(['i-00000000000000001']);
    expect(ports.sessions.record().attempts[0]?.nodes[0]?.terminateRequestedAt).not.toBeNull();
  });

  it('launches nothing for a session that was stopped while it waited', async () => {
    const { ports, session } = planned();
    ports.sessions.records.set('digits-1', {
      ...session,
      stopRequest: { at: iso(NOW), reason: 'StoppedByUser', by: 'ana', immediate: false, deadline: iso(NOW) },
    });
    await expect(launch(ports)).rejects.toMatchObject({ name: 'StoppedByUser' });
    expect(ports.fleet.launches).toEqual([]);
  });

  it('uses no market that is dearer than the job allows', async () => {
    const { ports } = planned({ limits: { maxUsdPerHour: 0.6 } });
    ports.fleet.answer = () => ({ errors: [error('MaxSpotInstanceCountExceeded')] });
    await expect(launch(ports)).rejects.toMatchObject({ name: 'QuotaExceeded' });
    expect(ports.fleet.launches.map(({ market }) => market)).toEqual(['spot']);
  });
});
