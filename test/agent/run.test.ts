/** One attempt on one node, with real processes. */
import type { ResultsManifest } from '../../core/checkpoints/results';
import { boot, manifestsOf } from './boot';
import { BUCKET } from './machine';

describe('an attempt', () => {
  it('trains, uploads checkpoints, log and results, and powers off', async () => {
    const machine = await boot('--steps 20');
    machine.start();
    const final = await machine.ended();
    expect(final).toMatchObject({ outcome: 'succeeded', exitCode: 0, signal: null, notice: null, resumedFrom: null });
    expect(final.progress).toMatchObject({ step: 20, total: 20, metrics: { loss: 0.05 } });
    expect(final.lastCheckpoint).toMatchObject({ name: 'step-20.json', step: 20 });
    expect(final.stages.map(({ stage }) => stage)).toEqual([
      'boot',
      'code',
      'data',
      'wait',
      'resume',
      'train',
      'upload',
      'done',
    ]);
    expect(machine.results()).toEqual(['model.json', 'runctl-manifest.json', 'train.log']);
    const manifestUri = final.resultsManifestUri ?? '';
    const manifest = machine.store.json<ResultsManifest>(manifestUri.slice('s3://'.length));
    expect(manifest?.files.map(({ path }) => path)).toEqual(['model.json', 'train.log']);
    expect(machine.store.writes.filter((key) => key.includes('/results/')).at(-1)).toMatch(/runctl-manifest\.json$/);
    expect(machine.store.text(`${BUCKET}/nodes/${machine.userId}/logs/train-000001.log`)).toContain('step=20');
    expect(machine.poweredOff).toBe(1);
    expect(machine.training()).toEqual([]);
  });

  it('is interrupted by a notice: the script saves, exits 0, and is not taken for finished', async () => {
    const machine = await boot('--steps 50 --hold-at 7');
    machine.start();
    await machine.untilStep(7);
    machine.imds.interrupt();
    const final = await machine.ended();
    expect(final).toMatchObject({ outcome: 'interrupted', reason: 'SpotNotice', exitCode: 0, stage: 'train' });
    expect(final.notice).toMatchObject({ action: 'terminate' });
    expect(final.lastCheckpoint).toMatchObject({ name: 'step-7.json', step: 7 });
    expect(final.shutdown?.noticeToSignalSeconds).toBeLessThan(5);
    expect(final.logTail.at(-1)).toBe('stopping as asked');
    expect(manifestsOf(machine).at(-1)).toMatchObject({ name: 'step-7.json', kind: 'file', step: 7 });
    expect(machine.results()).toEqual(['attempt-1/runctl-manifest.json', 'attempt-1/train.log']);
    expect(machine.poweredOff).toBe(1);
  });

  it('leaves an interrupted machine to AWS, which then waives its first hour', async () => {
    const machine = await boot('--steps 50 --hold-at 7', { intervals: { noticeToPowerOff: 60_000 } });
    machine.start();
    await machine.untilStep(7);
    machine.imds.interrupt();
    await machine.store.until(() => machine.final()?.outcome === 'interrupted');
    expect(machine.poweredOff).toBe(0);
    machine.leave.abort();
    await machine.ended();
  });

  it('goes on from the last save of the attempt before', async () => {
    const first = await boot('--steps 30 --hold-at 12');
    first.start();
    await first.untilStep(12);
    first.imds.interrupt();
    await first.ended();
    const order = { resumeCandidates: [first.userId], nodes: [{ instanceId: 'i-0b', privateAddress: null }] };
    const second = await boot('--steps 30', { store: first.store, attempt: 2, userId: 'AROA1:i-0b', order });
    second.start();
    const final = await second.ended();
    expect(final).toMatchObject({ outcome: 'succeeded', resumedFrom: { name: 'step-12.json', step: 12 } });
    expect(second.trainingLog()).toContain('began at 12 attempt 2 rank 0');
    expect(second.trainingLog()).not.toContain('step=12 ');
  });

  it('does not train before the lease says go', async () => {
    const machine = await boot('--steps 3', { order: { go: false } });
    machine.start();
    await machine.store.until(() => machine.status()?.stage === 'wait');
    const statusesSeen = machine.store.writes.length;
    await machine.store.until(() => machine.store.writes.length > statusesSeen + 3);
    expect(machine.status()?.stage).toBe('wait');
    expect(machine.training()).toEqual([]);
    machine.order({ go: true });
    expect(await machine.ended()).toMatchObject({ outcome: 'succeeded' });
  });

  it('ends at once on a notice before training', async () => {
    const machine = await boot('--steps 3', { order: { go: false } });
    machine.start();
    await machine.store.until(() => machine.status()?.stage === 'wait');
    machine.imds.interrupt();
    expect(await machine.ended()).toMatchObject({ outcome: 'interrupted', reason: 'SpotNotice', stage: 'wait' });
    expect(machine.poweredOff).toBe(1);
  });
});
