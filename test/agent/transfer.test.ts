/** What comes onto the machine and what leaves it: code, data, checkpoints, results. */
import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../agent/adapters/system-clock';
import type { CheckpointManifest } from '../../core/checkpoints/checkpoint';
import { checkpointPrefix } from '../../core/s3-layout';
import { boot, manifestsOf } from './boot';
import { BUCKET, type Machine } from './machine';
import { digestOf, MemoryStore } from './memory-store';

describe('resuming', () => {
  it('skips a torn newest checkpoint, says so, and takes the one before', async () => {
    const first = await boot('--steps 50 --hold-at 12 --save-every 5');
    first.start();
    await first.untilStep(12);
    await first.store.until(() => manifestsOf(first).some(({ step }) => step === 10));
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
