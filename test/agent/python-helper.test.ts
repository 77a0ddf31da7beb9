/** runctl.py: its own tests, and that training finds it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hasTorch, PYTHON } from '../support/torch';
import { boot } from './boot';

const FOLDER = join(__dirname, '../../agent/python');

it('passes its own tests', async () => {
  const python = hasTorch ? PYTHON : 'python3';
  const { stderr } = await promisify(execFile)(python, ['-m', 'unittest', 'discover', FOLDER], {
    env: { PATH: process.env['PATH'], PYTHONDONTWRITEBYTECODE: '1' },
  });
  expect(stderr).toMatch(/^Ran \d{2} tests/m);
}, 120_000);

it('is there to import, saves where checkpoints are looked for, and its lines are read', async () => {
  const python =
    'import runctl; runctl.log_progress(7, 9, loss=0.5); runctl.save_checkpoint("x", 7, lambda o, p: open(p, "w").write(o))';
  const machine = await boot(`python3 -c '${python}'`, { job: { env: { PYTHONPATH: '/of/the/job' } } });
  machine.start();
  expect(await machine.ended()).toMatchObject({
    outcome: 'succeeded',
    lastCheckpoint: { name: 'step-00000007', step: 7 },
    progress: { step: 7, total: 9, metrics: { loss: 0.5 } },
  });
});

it('stands before what the job itself puts on PYTHONPATH', async () => {
  const machine = await boot('env', { job: { env: { PYTHONPATH: '/of/the/job' } } });
  machine.start();
  await machine.ended();
  expect(machine.trainingLog()).toContain(`PYTHONPATH=${machine.home}/python:/of/the/job\n`);
});
