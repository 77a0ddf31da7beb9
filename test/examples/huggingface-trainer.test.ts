/** The Trainer's folder layout and resume flag; not the Trainer itself. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type JobSpecInput, jobSpecSchema } from '../../core/job/job-spec';
import { boot } from '../agent/boot';

const EXAMPLE = resolve(__dirname, '../../examples/huggingface-trainer');
const job = (): JobSpecInput =>
  JSON.parse(readFileSync(join(EXAMPLE, 'job.json'), 'utf8').replaceAll('BUCKET', 'some-bucket'));
const { checkpoints = {} } = job();

describe('examples/huggingface-trainer', () => {
  it('is a valid job of a script that is Python', () => {
    expect(jobSpecSchema.parse(job()).checkpoints.resumeArg).toBe('--resume_from_checkpoint {path}');
    const check = 'import ast, sys; ast.parse(open(sys.argv[1]).read())';
    execFileSync('python3', ['-c', check, join(EXAMPLE, 'train.py')]);
  });

  it('goes on from the Trainer’s newest folder after an interruption, all ranks’ files in it', async () => {
    const command = `python3 ${join(__dirname, 'fixtures/trainer.py')}`;
    const first = await boot(command, { job: { checkpoints } });
    first.start();
    await first.store.until(() => first.status()?.lastCheckpoint?.step === 1000);
    first.imds.interrupt();
    expect(await first.ended()).toMatchObject({ outcome: 'interrupted', lastCheckpoint: { name: 'checkpoint-1000' } });

    const second = await boot(command, {
      job: { checkpoints },
      attempt: 2,
      userId: 'AROA1:i-0b',
      store: first.store,
      order: { resumeCandidates: [first.userId] },
    });
    second.start();
    expect(await second.ended()).toMatchObject({
      outcome: 'succeeded',
      resumedFrom: { name: 'checkpoint-1000', step: 1000 },
      lastCheckpoint: { name: 'checkpoint-2000', step: 2000 },
    });
    expect(second.trainingLog()).toContain('began at 1000');
  });
});
