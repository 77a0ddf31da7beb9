/** Under the real torchrun, which kills its workers 30 s after its own SIGTERM. */
import { describeWithTorch, PYTHON, TORCHRUN_ENV } from '../support/torch';
import { boot } from './boot';
import { FIXTURES } from './machine';

const SAVE_SECONDS = 45;

describeWithTorch('under torchrun', () => {
  it('a save of 45 s survives a notice', async () => {
    const command = `${PYTHON} -m torch.distributed.run --nproc_per_node 2 ${FIXTURES}/slow_save.py ${SAVE_SECONDS}`;
    const machine = await boot(command, { job: { limits: { graceSeconds: 90 }, env: TORCHRUN_ENV } });
    machine.start();
    await machine.untilStep(1);
    await machine.store.until(() => machine.trainingLog().match(/step=1/g)?.length === 2);
    machine.imds.interrupt();
    const final = await machine.ended();
    expect(final).toMatchObject({ outcome: 'interrupted', reason: 'SpotNotice', lastCheckpoint: { name: 'step-1' } });
    expect(final.shutdown?.saveSeconds).toBeGreaterThan(SAVE_SECONDS);
    expect(machine.trainingLog().match(/rank \d saved/g)).toHaveLength(2);
    expect(machine.training()).toEqual([]);
  }, 150_000);
});
