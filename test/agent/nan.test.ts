/** A loss that is no number: what was saved before it does not give way to what is saved after. */
import { boot, manifestsOf } from './boot';

const BEFORE = 'step-5.json';

async function stoppedAfterNan() {
  const machine = await boot('--steps 60 --save-every 5 --nan-from 8 --hold-at 27', {
    job: { checkpoints: { pattern: 'step-*', resumeArg: '--resume {path}', keepLast: 1 } },
  });
  machine.start();
  await machine.untilStep(27);
  await machine.store.until(() => machine.status()?.lastCheckpoint?.step === 25);
  const status = machine.status();
  machine.order({ desired: 'stop', reason: 'LossNotFinite' });
  return { machine, status, final: await machine.ended() };
}

describe('a loss that is not a number', () => {
  it('stands in the status and the last word, with the newest checkpoint from before, which is kept', async () => {
    const { machine, status, final } = await stoppedAfterNan();
    expect(status?.progress.notFinite).toMatchObject({ metric: 'loss', step: 8, finiteStep: 7 });
    expect(status?.finiteCheckpoint).toMatchObject({ name: BEFORE, step: 5 });
    expect(final).toMatchObject({ outcome: 'stopped', reason: 'LossNotFinite', finiteCheckpoint: { name: BEFORE } });
    expect(final.lastCheckpoint).toMatchObject({ step: 27 });
    const kept = manifestsOf(machine).map(({ name, notFinite }) => [name, notFinite]);
    expect(kept).toEqual([
      [BEFORE, undefined],
      ['step-27.json', { step: 8, finiteStep: 7 }],
    ]);
  });

  it('is not resumed from while there is a checkpoint from before', async () => {
    const { machine } = await stoppedAfterNan();
    const next = await boot('--steps 30', {
      store: machine.store,
      attempt: 2,
      userId: 'AROA1:i-0b',
      order: { resumeCandidates: [machine.userId], nodes: [{ instanceId: 'i-0b', privateAddress: null }] },
    });
    next.start();
    const final = await next.ended();
    expect(final).toMatchObject({ outcome: 'succeeded', resumedFrom: { name: BEFORE, step: 5 } });
    expect(next.lines.join('\n')).toContain('step-27.json and others were saved while the loss was no number');
  });

  it('is resumed from where there is no other', async () => {
    const first = await boot('--steps 60 --save-every 5 --nan-from 1 --hold-at 7');
    first.start();
    await first.untilStep(7);
    first.order({ desired: 'stop', reason: 'StoppedByUser' });
    await first.ended();
    const next = await boot('--steps 20', {
      store: first.store,
      attempt: 2,
      userId: 'AROA1:i-0b',
      order: { resumeCandidates: [first.userId], nodes: [{ instanceId: 'i-0b', privateAddress: null }] },
    });
    next.start();
    expect(await next.ended()).toMatchObject({ outcome: 'succeeded', resumedFrom: { step: 7 } });
  });
});
