/** How an attempt ends: orders, limits, leases, failures. */
import { boot, manifestsOf } from './boot';
import { BUCKET, FIXTURES } from './machine';

describe('orders', () => {
  it.each([
    ['StoppedByUser', 'stopped'],
    ['BudgetReached', 'stopped'],
    ['Aborted', 'stopped'],
    ['PeerLost', 'interrupted'],
  ] as const)('a stop because of %s saves and ends as %s', async (reason, outcome) => {
    const machine = await boot('--steps 50 --hold-at 3');
    machine.start();
    await machine.untilStep(3);
    machine.order({ desired: 'stop', reason });
    const final = await machine.ended();
    expect(final).toMatchObject({ outcome, reason, notice: null, lastCheckpoint: { name: 'step-3.json' } });
    expect(machine.poweredOff).toBe(1);
  });

  it('stopAt is obeyed without a further word', async () => {
    const machine = await boot('--steps 50 --hold-at 3');
    machine.start();
    await machine.untilStep(3);
    machine.order({ stopAt: new Date(Date.now() + 100).toISOString(), stopAtReason: 'TimeLimitReached' });
    expect(await machine.ended()).toMatchObject({ outcome: 'stopped', reason: 'TimeLimitReached' });
  });

  it('an immediate stop kills at once; the last committed checkpoint stands', async () => {
    const machine = await boot('--steps 50 --hold-at 7 --ignore-term');
    machine.start();
    await machine.store.until(() => machine.status()?.lastCheckpoint?.step === 5);
    await machine.untilStep(7);
    machine.order({ desired: 'stop', reason: 'StoppedByUser', immediate: true });
    const final = await machine.ended();
    expect(final).toMatchObject({ outcome: 'stopped', signal: 'SIGKILL', lastCheckpoint: { name: 'step-5.json' } });
  });

  it('an attempt that the lease no longer names is superseded', async () => {
    const machine = await boot('--steps 50 --hold-at 3');
    machine.start();
    await machine.untilStep(3);
    machine.lease({ 2: { ...machineOrder } });
    expect(await machine.ended()).toMatchObject({ outcome: 'interrupted', reason: 'Superseded' });
  });

  it('a lease that is not renewed expires: save, upload, power off', async () => {
    const machine = await boot('--steps 50 --hold-at 3');
    machine.start();
    await machine.untilStep(3);
    machine.order({}, 0.005);
    const final = await machine.ended();
    expect(final).toMatchObject({
      outcome: 'interrupted',
      reason: 'LeaseExpired',
      lastCheckpoint: { name: 'step-3.json' },
    });
    expect(machine.poweredOff).toBe(1);
  });
});

const machineOrder = {
  go: false,
  desired: 'run' as const,
  reason: null,
  immediate: false,
  stopAt: null,
  stopAtReason: null,
  resumeCandidates: [],
  nodes: [],
};

describe('a script that', () => {
  it('ignores SIGTERM is killed at the end of its grace, and its last committed checkpoint stands', async () => {
    const machine = await boot('--steps 50 --hold-at 7 --ignore-term', { job: { limits: { graceSeconds: 1 } } });
    machine.start();
    await machine.store.until(() => machine.status()?.lastCheckpoint?.step === 5);
    await machine.untilStep(7);
    machine.imds.interrupt();
    const final = await machine.ended();
    expect(final).toMatchObject({ outcome: 'interrupted', signal: 'SIGKILL', lastCheckpoint: { step: 5 } });
    expect(final.shutdown?.saveSeconds).toBeGreaterThanOrEqual(1);
    expect(machine.training()).toEqual([]);
  });

  it('is killed early enough to leave time for the upload before AWS takes the instance', async () => {
    const machine = await boot('--steps 50 --hold-at 7 --ignore-term', { job: { limits: { graceSeconds: 3600 } } });
    machine.start();
    await machine.store.until(() => machine.status()?.lastCheckpoint?.step === 5);
    machine.imds.interrupt(11_000);
    const final = await machine.ended();
    expect(final).toMatchObject({ outcome: 'interrupted', signal: 'SIGKILL' });
    expect(final.shutdown?.saveSeconds).toBeLessThan(8);
  });

  it('fails is failed, with code, last lines and where the log is', async () => {
    const machine = await boot('--steps 4 --exit-code 3');
    machine.start();
    const final = await machine.ended();
    expect(final).toMatchObject({
      outcome: 'failed',
      exitCode: 3,
      signal: null,
      stage: 'train',
      resultsManifestUri: null,
    });
    expect(final.logTail.slice(-2)).toEqual(['step=4 total=4 loss=0.250', 'done']);
    expect(machine.store.keys((final.logUri ?? '').slice('s3://'.length))).toHaveLength(1);
    expect(machine.results()).toContain('attempt-1/model.json');
  });

  it('dies of a signal is failed, with the signal', async () => {
    const machine = await boot('echo begun; kill -SEGV $$');
    machine.start();
    expect(await machine.ended()).toMatchObject({
      outcome: 'failed',
      exitCode: null,
      signal: 'SIGSEGV',
      logTail: ['begun'],
    });
  });

  it('leaves children behind ends without them', async () => {
    const machine = await boot('setsid sleep 100000 & echo started');
    machine.start();
    expect(await machine.ended()).toMatchObject({ outcome: 'succeeded' });
    expect(machine.training()).toEqual([]);
  });

  it('is waited for, although its shell dies of SIGTERM at once', async () => {
    const machine = await boot(`cd . && python3 ${FIXTURES}/train.py --steps 50 --hold-at 3; echo after`);
    machine.start();
    await machine.untilStep(3);
    machine.imds.interrupt();
    expect(await machine.ended()).toMatchObject({ outcome: 'interrupted', lastCheckpoint: { name: 'step-3.json' } });
  });

  it('is ended by SIGTERM in the middle of a write leaves nothing half written in S3', async () => {
    const python =
      'import time; f = open("checkpoints/step-5", "w"); f.write("half"); f.flush(); print("step=5", flush=True); time.sleep(99)';
    const machine = await boot(`python3 -c '${python}'`);
    machine.start();
    await machine.untilStep(5);
    machine.imds.interrupt();
    expect(await machine.ended()).toMatchObject({ outcome: 'interrupted', signal: 'SIGTERM', lastCheckpoint: null });
    expect(manifestsOf(machine)).toEqual([]);
    expect(machine.lines.join()).toContain('step-5 may be half written');
  });

  it('has a rank that dies while it saves leaves nothing half written in S3, whatever its launcher makes of it', async () => {
    const rank =
      'import os, signal; f = open("checkpoints/step-5", "w"); f.write("half"); f.flush(); print("step=5", flush=True); os.kill(os.getpid(), signal.SIGKILL)';
    const machine = await boot(`python3 -c '${rank}'; exit 1`);
    machine.start();
    expect(await machine.ended()).toMatchObject({ outcome: 'failed', exitCode: 1, lastCheckpoint: null });
    expect(manifestsOf(machine)).toEqual([]);
    expect(machine.lines.join()).toContain('step-5 may be half written');
  });

  it('takes its environment away is found and ended all the same', async () => {
    const machine = await boot('echo step=1; env -i sh -c "trap : TERM; while :; do sleep 0.1; done"', {
      job: { limits: { graceSeconds: 1 } },
    });
    machine.start();
    await machine.untilStep(1);
    machine.imds.interrupt();
    expect(await machine.ended()).toMatchObject({ outcome: 'interrupted', reason: 'SpotNotice' });
    expect(machine.lines.join()).toContain('is killed');
  });

  it('runs under torchrun saves in every rank before the launcher is told', async () => {
    const machine = await boot(`${FIXTURES}/torchrun --nproc-per-node 2 x.py`);
    machine.start();
    await machine.store.until(
      () => machine.status()?.progress.step === 1 && machine.trainingLog().match(/step=1/g)?.length === 2,
    );
    machine.imds.interrupt();
    expect(await machine.ended()).toMatchObject({ outcome: 'interrupted' });
    const log = machine.trainingLog();
    expect(log.match(/rank saved/g)).toHaveLength(2);
    expect(log.indexOf('launcher')).toBeGreaterThan(log.lastIndexOf('rank saved'));
  });

  it('sees neither credentials nor metadata, but its job, its ranks and its folders', async () => {
    process.env['AWS_ENDPOINT_URL'] = 'http://secret';
    const machine = await boot('env', { job: { env: { GREETING: "it's" }, secrets: { TOKEN: 'ssm:/runctl/token' } } });
    machine.start();
    await machine.ended().finally(() => delete process.env['AWS_ENDPOINT_URL']);
    const seen = machine.trainingLog();
    expect(seen).not.toContain('AWS_ENDPOINT_URL');
    for (const line of ["GREETING=it's", 'NNODES=1', 'NODE_RANK=0', 'MASTER_ADDR=10.0.0.1', 'PYTHONUNBUFFERED=1']) {
      expect(seen).toContain(`${line}\n`);
    }
    expect(machine.store.text(`${BUCKET}/nodes/${machine.userId}/logs/train-000001.log`)).toContain('TOKEN=***');
    expect(machine.store.text(`${BUCKET}/results/${machine.sessionId}/train.log`)).not.toContain('value-of-');
  });
});

describe('a node', () => {
  it('that is not the leader uploads no checkpoints, and its results under its own rank', async () => {
    const nodes = ['i-0f', 'i-0a'].map((instanceId) => ({ instanceId, privateAddress: `${instanceId}.internal` }));
    const machine = await boot('--steps 6', { order: { nodes } });
    machine.start();
    expect(await machine.ended()).toMatchObject({ outcome: 'succeeded', lastCheckpoint: null });
    expect(manifestsOf(machine)).toEqual([]);
    expect(machine.results().every((path) => path.startsWith('node-1/'))).toBe(true);
    expect(machine.trainingLog()).toContain('rank 1');
  });

  it('that is recommended to rebalance says so, and trains on', async () => {
    const machine = await boot('--steps 8');
    machine.imds.documents.set('meta-data/events/recommendations/rebalance', '{"noticeTime": "x"}');
    machine.start();
    expect((await machine.ended()).outcome).toBe('succeeded');
    expect(machine.status()?.warnings.join()).toContain('rebalance recommendation');
  });

  it('that is told to stop while it stages ends at once', async () => {
    const machine = await boot('true', { job: { data: `s3://${BUCKET}/datasets/x/` }, order: { go: false } });
    machine.store.open = () => new Promise(() => {});
    machine.store.put(`${BUCKET}/datasets/x/1`, 'x');
    machine.start();
    await machine.store.until(() => machine.status()?.stage === 'data');
    machine.order({ desired: 'stop', reason: 'StoppedByUser' });
    expect(await machine.ended()).toMatchObject({ outcome: 'stopped', reason: 'StoppedByUser', stage: 'data' });
  });
});
