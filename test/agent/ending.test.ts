/** How an attempt ends: orders, limits, leases, failures, restarts. */
import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../agent/adapters/system-clock';
import type { CheckpointManifest } from '../../core/checkpoint';
import { checkpointPrefix } from '../../core/s3-layout';
import { BUCKET, FIXTURES, Machine, type MachineOptions } from './machine';
import { digestOf, MemoryStore } from './memory-store';

const booted: Machine[] = [];

async function boot(command: string, options: MachineOptions = {}): Promise<Machine> {
  const machine = await Machine.boot({
    ...options,
    job: {
      command: command.startsWith('-') ? `python3 ${FIXTURES}/train.py ${command}` : command,
      checkpoints: { pattern: 'step-*', resumeArg: '--resume {path}' },
      ...options.job,
    },
  });
  booted.push(machine);
  return machine;
}

afterEach(() => {
  for (const machine of booted.splice(0)) machine.shutDown();
});

const manifestsOf = ({ store, userId }: Machine) =>
  store
    .keys(`${BUCKET}/nodes/${userId}/checkpoints/`)
    .filter((key) => key.endsWith('/manifest.json'))
    .map((key) => store.json<CheckpointManifest>(key) as CheckpointManifest);

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

describe('resuming', () => {
  it('skips a torn newest checkpoint, says so, and takes the one before', async () => {
    const first = await boot('--steps 50 --hold-at 12 --save-every 5');
    first.start();
    await first.untilStep(12);
    first.imds.interrupt();
    await first.ended();
    const newest = `${BUCKET}/${checkpointPrefix(first.userId, manifestsOf(first).at(-1)?.sequence ?? 0)}step-12.json`;
    first.store.put(newest, (first.store.text(newest) ?? '').slice(0, 4));
    const order = { resumeCandidates: [first.userId], nodes: [{ instanceId: 'i-0b', privateAddress: null }] };
    const second = await boot('--steps 15', { store: first.store, attempt: 2, userId: 'AROA1:i-0b', order });
    second.start();
    const final = await second.ended();
    expect(final).toMatchObject({ outcome: 'succeeded', resumedFrom: { name: 'step-10.json', step: 10 } });
    const said = /step-12\.json .*is skipped: step-12\.json has 4 bytes where the manifest says \d+/;
    expect(second.lines.join('\n')).toMatch(said);
    expect(second.status()?.warnings.join('\n')).toMatch(said);
  });

  it('skips a newest checkpoint of the right size with other content', async () => {
    const store = new MemoryStore();
    const machine = await boot('--steps 3', { store, order: { resumeCandidates: ['AROA1:i-0f'] } });
    for (const [sequence, text] of [
      [1, '{"step": 1}'],
      [2, '{"step": 2}'],
    ] as const) {
      const prefix = `${BUCKET}/${checkpointPrefix('AROA1:i-0f', sequence)}`;
      store.put(`${prefix}step-${sequence}.json`, sequence === 2 ? '{"step": 9}' : text);
      const manifest: CheckpointManifest = {
        version: 1,
        sessionId: machine.sessionId,
        attempt: 1,
        userId: 'AROA1:i-0f',
        sequence,
        name: `step-${sequence}.json`,
        kind: 'file',
        step: sequence,
        committedAt: '',
        files: [{ path: `step-${sequence}.json`, ...digestOf(text) }],
      };
      store.put(`${prefix}manifest.json`, JSON.stringify(manifest));
    }
    machine.start();
    expect(await machine.ended()).toMatchObject({ resumedFrom: { sequence: 1 } });
    expect(machine.status()?.warnings.join('\n')).toContain('another SHA-256');
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
    machine.store.download = () => new Promise(() => {});
    machine.store.put(`${BUCKET}/datasets/x/1`, 'x');
    machine.start();
    await machine.store.until(() => machine.status()?.stage === 'data');
    machine.order({ desired: 'stop', reason: 'StoppedByUser' });
    expect(await machine.ended()).toMatchObject({ outcome: 'stopped', reason: 'StoppedByUser', stage: 'data' });
  });
});

describe('results', () => {
  it('that are there already with other content stay, and ours go aside', async () => {
    const machine = await boot('--steps 2');
    machine.store.put(`${BUCKET}/results/${machine.sessionId}/model.json`, 'another');
    machine.start();
    const final = await machine.ended();
    expect(final.outcome).toBe('succeeded');
    expect(machine.store.text(`${BUCKET}/results/${machine.sessionId}/model.json`)).toBe('another');
    expect(machine.results()).toEqual(['attempt-1/model.json', 'model.json', 'runctl-manifest.json', 'train.log']);
  });

  it('with strange names and links arrive, without what the links lead to', async () => {
    const command = `cd "$RUNCTL_OUTPUT_DIR" && echo 1 > "a 'b\nc.txt" && mkdir -p d/e && echo 2 > d/e/f && ln -s /etc/passwd p`;
    const machine = await boot(command);
    machine.start();
    expect((await machine.ended()).outcome).toBe('succeeded');
    expect(machine.results()).toEqual(["a 'b\nc.txt", 'd/e/f', 'runctl-manifest.json', 'train.log']);
    expect(machine.status()?.warnings).toEqual(['p in the output folder is no file and is not uploaded.']);
  });
});

describe('code and data', () => {
  it('are staged: an archive is unpacked, a prefix copied', async () => {
    const machine = await boot('cat hello.txt "$RUNCTL_DATA_DIR/a/b.csv"', {
      job: { code: `s3://${BUCKET}/code/x.tar.gz`, data: `s3://${BUCKET}/datasets/d/` },
    });
    writeFileSync(join(machine.home, 'hello.txt'), 'hello\n');
    const archive = execFileSync('tar', ['-czf', '-', '-C', machine.home, './hello.txt']);
    machine.store.put(`${BUCKET}/code/x.tar.gz`, archive);
    machine.store.put(`${BUCKET}/datasets/d/a/b.csv`, '1,2\n');
    machine.start();
    expect(await machine.ended()).toMatchObject({ outcome: 'succeeded', logTail: ['hello', '1,2'] });
  });

  it('are unpacked from a zip too, with what may be executed', async () => {
    const machine = await boot('./run.sh', { job: { code: `s3://${BUCKET}/code/x.zip` } });
    const zip =
      'import sys, zipfile; z = zipfile.ZipFile(sys.stdout.buffer, "w"); i = zipfile.ZipInfo("run.sh"); ' +
      'i.external_attr = 0o755 << 16; z.writestr(i, "#!/bin/sh\\necho hello from zip"); z.close()';
    machine.store.put(`${BUCKET}/code/x.zip`, execFileSync('python3', ['-c', zip]));
    machine.start();
    expect(await machine.ended()).toMatchObject({ outcome: 'succeeded', logTail: ['hello from zip'] });
  });

  it('with a link out of their folder are refused', async () => {
    const machine = await boot('true', { job: { code: `s3://${BUCKET}/code/x.tar` } });
    symlinkSync('/etc', join(machine.home, 'link'));
    machine.store.put(`${BUCKET}/code/x.tar`, execFileSync('tar', ['-cf', '-', '-C', machine.home, 'link']));
    machine.start();
    const final = await machine.ended();
    expect(final).toMatchObject({ outcome: 'failed', stage: 'code' });
    expect(final.error).toContain('is a link to /etc, outside its folder');
  });

  it.each([
    ['a path above', ['--absolute-names', '-C', '/tmp', '../etc/hostname']],
    ['an absolute path', ['--absolute-names', '/etc/hostname']],
  ])('an archive with %s is refused', async (_what, args) => {
    const machine = await boot('true', { job: { code: `s3://${BUCKET}/code/x.tar` } });
    machine.store.put(`${BUCKET}/code/x.tar`, execFileSync('tar', ['-cf', '-', ...args]));
    machine.start();
    const final = await machine.ended();
    expect(final).toMatchObject({ outcome: 'failed', stage: 'code', exitCode: null });
    expect(final.error).toContain('outside its folder');
  });

  it('that are missing fail their stage at once', async () => {
    const machine = await boot('true', { job: { data: `s3://${BUCKET}/datasets/none` } });
    machine.start();
    const final = await machine.ended();
    expect(final).toMatchObject({ outcome: 'failed', stage: 'data' });
    expect(final.error).toContain('NoSuchKey');
  });
});

describe('S3 that cannot be reached', () => {
  it('does not stop training, and what was saved goes up once it can', async () => {
    const machine = await boot('--steps 50 --hold-at 12');
    machine.start();
    await machine.untilStep(3);
    machine.store.isDown = true;
    await untilLog(machine, 'trying again');
    machine.store.isDown = false;
    await machine.store.until(() => machine.status()?.lastCheckpoint?.step === 10);
    machine.imds.interrupt();
    expect(await machine.ended()).toMatchObject({ outcome: 'interrupted', lastCheckpoint: { step: 12 } });
  });
});

async function untilLog(machine: Machine, text: string): Promise<void> {
  while (!machine.lines.some((line) => line.includes(text))) await systemClock.sleep(10);
}
