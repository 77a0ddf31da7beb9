import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { requireJobSpec } from '../../core/job/job-spec-problems';

const EXAMPLE = path.join(__dirname, '../../examples/digits');
const SCRIPT = path.join(EXAMPLE, 'train.py');
const SHORT = ['--epochs', '3', '--save-every', '20'];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'digits-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What runctl's agent gives a training script. */
const environment = (run: string) => ({
  PATH: process.env['PATH'],
  RUNCTL_DATA_DIR: EXAMPLE,
  RUNCTL_CHECKPOINT_DIR: path.join(folder, run, 'checkpoints'),
  RUNCTL_OUTPUT_DIR: path.join(folder, run, 'output'),
});

async function train(run: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('python3', [SCRIPT, ...args], { env: environment(run) });
  return stdout;
}

/** Starts training and sends SIGTERM once `step` was printed; resolves with the output and the exit code. */
async function interruptAt(run: string, step: number, ...args: string[]) {
  const child: ChildProcess = spawn('python3', [SCRIPT, ...args], {
    env: environment(run),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error('no stdout');
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith(`step=${step} `)) child.kill('SIGTERM');
  }
  return { lines, exitCode: await exit };
}

const checkpoints = async (run: string) => (await readdir(path.join(folder, run, 'checkpoints'))).sort();
const checkpoint = (run: string, name: string) => path.join(folder, run, 'checkpoints', name);

async function digest(run: string, name: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path.join(folder, run, 'output', name)))
    .digest('hex');
}

describe('examples/digits/train.py', () => {
  it('learns to read at least nine of ten held-out digits with its defaults, and prints its progress', async () => {
    const output = await train('default');

    expect(output).toMatch(/^step=5 total=630 loss=\d+\.\d+ accuracy=0\.\d+$/m);
    expect(output).toMatch(/^step=630 total=630 loss=/m);
    expect(output).toMatch(/^test accuracy 0\.9\d+ on 360 digits that it never saw$/m);
    const metrics = JSON.parse(await readFile(path.join(folder, 'default/output/metrics.json'), 'utf8'));
    expect(metrics).toMatchObject({ steps: 630, heldOut: 360 });
    expect(metrics.accuracy).toBeGreaterThanOrEqual(0.9);
  });

  it('ends with the same weights, bit for bit, when it is interrupted and resumed', async () => {
    await train('whole', ...SHORT);

    const { lines, exitCode } = await interruptAt('first', 55, ...SHORT, '--pace', '60');
    const last = (await checkpoints('first')).at(-1) ?? '';
    const saved = Number(/\d+/.exec(last)?.[0]);
    expect(exitCode).toBe(0);
    expect(saved).toBeGreaterThanOrEqual(55);
    expect(saved % 20).not.toBe(0);
    expect(lines.at(-1)).toBe(`SIGTERM: ended at step ${saved} of 135`);

    const resumed = await train('second', ...SHORT, '--resume', checkpoint('first', last));
    expect(resumed.split('\n')[0]).toBe(`resumed at step ${saved} from ${last}`);
    expect(resumed).not.toMatch(new RegExp(`^step=${Math.floor(saved / 5) * 5} `, 'm'));
    for (const name of ['model.json', 'metrics.json']) {
      expect(await digest('second', name)).toBe(await digest('whole', name));
    }
  });

  it('resumes bit for bit from a checkpoint at the end of an epoch too, where the order is drawn anew', async () => {
    await train('whole', '--epochs', '2', '--save-every', '45');
    await train('second', '--epochs', '2', '--resume', checkpoint('whole', 'step-000045.json'));

    expect(await digest('second', 'model.json')).toBe(await digest('whole', 'model.json'));
  });

  it('learns otherwise with another seed', async () => {
    await train('one', '--epochs', '1');
    await train('two', '--epochs', '1', '--seed', '2');

    expect(await digest('two', 'model.json')).not.toBe(await digest('one', 'model.json'));
  });

  it('saves a checkpoint every so many steps under names that tell the step, and leaves no temporary file', async () => {
    await train('run', ...SHORT);

    const steps = [20, 40, 60, 80, 100, 120];
    expect(await checkpoints('run')).toEqual(steps.map((step) => `step-${String(step).padStart(6, '0')}.json`));
  });

  it('is described by a job spec that is valid once it names a bucket', async () => {
    const spec = await readFile(path.join(EXAMPLE, 'job.json'), 'utf8');
    const job = requireJobSpec(JSON.parse(spec.replaceAll('BUCKET', 'my-bucket')));

    expect(job.checkpoints.resumeArg).toBe('--resume {path}');
  });
});
