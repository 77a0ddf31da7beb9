/** Real PyTorch on two nodes of two processes each: interrupted, bereft of a node, and none the worse for it. */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { JobSpecInput } from '../../core/job/job-spec';
import { requireJobSpec } from '../../core/job/job-spec-problems';
import type { Node } from '../../core/session/session';
import { World } from '../stories/support/world';
import { describeWithTorch, PYTHON, TORCHRUN_ENV } from '../support/torch';

const ROOT = resolve(__dirname, '../..');
const EXAMPLE = join(ROOT, 'examples/pytorch-ddp');
const DIGITS = join(ROOT, 'examples/digits/digits.csv.gz');
const EPOCHS = 12;
/** PyTorch takes its time on a machine with much else to do. */
const PATIENCE_MS = 240_000;

const jobIn = (bucket: string) =>
  JSON.parse(readFileSync(join(EXAMPLE, 'job.json'), 'utf8').replaceAll('BUCKET', bucket)) as JobSpecInput;

it('examples/pytorch-ddp/job.json is a valid job of two nodes', () => {
  expect(requireJobSpec(jobIn('some-bucket')).resources.nodes).toBe(2);
});

/** The same four ranks without runctl, undisturbed. */
async function undisturbed(folder: string): Promise<{ metrics: object; model: string }> {
  const run = ['-m', 'torch.distributed.run', '--nproc_per_node=4', '--master_port=28499'];
  await promisify(execFile)(PYTHON, [...run, join(EXAMPLE, 'train.py'), `--epochs=${EPOCHS}`, `--data=${DIGITS}`], {
    cwd: folder,
    env: { ...process.env, ...TORCHRUN_ENV, OMP_NUM_THREADS: '1', PYTHONPATH: join(ROOT, 'agent/python') },
  });
  return {
    metrics: JSON.parse(readFileSync(join(folder, 'output/metrics.json'), 'utf8')),
    model: sha256(readFileSync(join(folder, 'output/model.pt'))),
  };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describeWithTorch('examples/pytorch-ddp', () => {
  let world: World;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'runctl-ddp-'));
    world = await World.start({ speed: 4 });
  });
  afterAll(async () => {
    await world?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function submit(sessionId: string): Promise<void> {
    const archive = join(folder, 'code.tar.gz');
    execFileSync('tar', ['-czf', archive, '-C', EXAMPLE, 'train.py']);
    await world.put('examples/pytorch-ddp/code.tar.gz', readFileSync(archive));
    await world.put('examples/digits/data/digits.csv.gz', readFileSync(DIGITS));
    const job = jobIn(world.cloud.bucket);
    await world.startExecution(sessionId, {
      ...job,
      command: `torchrun train.py --epochs ${EPOCHS} --save-every 40 --pace 15`,
      env: { ...job.env, ...TORCHRUN_ENV },
    });
  }

  const trainingAt = (sessionId: string, step: number, attempt: number) =>
    world.until(
      `attempt ${attempt} trains at step ${step}`,
      async () => {
        const [leader] = await world.nodes(sessionId, attempt);
        return leader && ((await world.status(leader))?.progress.step ?? 0) >= step && leader;
      },
      PATIENCE_MS,
    );

  const committed = async (node: Node) => (await world.status(node))?.lastCheckpoint?.step ?? 0;

  it(
    'ends with the very same weights after a notice and the loss of a node as when nothing happens',
    async () => {
      const sessionId = world.newName('pytorch-ddp');
      await submit(sessionId);
      await trainingAt(sessionId, 50, 1);
      const first = await world.nodes(sessionId, 1);
      await world.cloud.ec2.interrupt(first[1]?.instanceId ?? '');
      await world.until('a second gang', async () => (await world.nodes(sessionId, 2)).length === 2, PATIENCE_MS);
      const [saved] = await Promise.all(first.map((node) => world.final(node)));
      // The notice was the worker's; every rank stopped at one step, and rank 0 saved it.
      expect(saved?.lastCheckpoint?.step).toBeGreaterThanOrEqual(50);
      expect(saved).toMatchObject({ outcome: 'interrupted', reason: 'PeerLost' });

      const leader = await trainingAt(sessionId, (saved?.lastCheckpoint?.step ?? 0) + 41, 2);
      await world.until('a periodic checkpoint', async () => (await committed(leader)) % 40 === 0);
      expect((await world.status(leader))?.resumedFrom?.step).toBe(saved?.lastCheckpoint?.step);
      const [, worker] = await world.nodes(sessionId, 2);
      await world.cloud.ec2.kill(worker?.instanceId ?? '');

      await world.until(
        'the session ends',
        async () => (await world.execution(sessionId)).status !== 'RUNNING',
        PATIENCE_MS,
      );
      await world.success(sessionId);
      const { metrics, model } = await undisturbed(mkdtempSync(join(folder, 'undisturbed-')));
      expect(await world.json(`results/${sessionId}/metrics.json`)).toEqual(metrics);
      const object = { Bucket: world.cloud.bucket, Key: `results/${sessionId}/model.pt` };
      const { Body } = await world.s3.send(new GetObjectCommand(object));
      expect(sha256((await Body?.transformToByteArray()) ?? new Uint8Array())).toBe(model);
      const session = await world.session(sessionId);
      expect(session?.attempts.map(({ verdict }) => verdict?.error)).toEqual([
        'SpotInterrupted',
        expect.anything(),
        null,
      ]);
      await world.noInstances(sessionId);
    },
    4 * PATIENCE_MS,
  );
});
