/** Checkpoints as frameworks write them: found, their step known, brought back under the name that resumes. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../agent/adapters/system-clock';
import { lookAt, nameMatcher } from '../../agent/checkpoints/look';
import { resume } from '../../agent/checkpoints/resume';
import { CheckpointUploader } from '../../agent/checkpoints/uploader';
import { commandLineOf } from '../../agent/training-environment';
import { requireJobSpec } from '../../core/job/job-spec-problems';
import { hasTorch, PYTHON } from '../support/torch';
import { boot } from './boot';
import { BUCKET } from './machine';
import { MemoryStore } from './memory-store';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-frameworks-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Layout {
  framework: string;
  pattern: string;
  resumeArg: string;
  /** By path below the checkpoint folder, oldest checkpoint first. */
  files: Record<string, string>;
  newest: { name: string; step: number | null };
}

const LAYOUTS: Layout[] = [
  {
    framework: 'plain PyTorch',
    pattern: '*.pt',
    resumeArg: '--resume {path}',
    files: { 'model_0500.pt': 'a', 'model_1000.pt': 'b', 'notes.txt': 'no checkpoint' },
    newest: { name: 'model_1000.pt', step: 1000 },
  },
  {
    framework: 'Hugging Face Trainer',
    pattern: 'checkpoint-*',
    resumeArg: '--resume_from_checkpoint {path}',
    files: {
      'checkpoint-500/model.safetensors': 'a',
      'checkpoint-500/trainer_state.json': '{"global_step": 500}',
      'checkpoint-1000/model.safetensors': 'b',
      'checkpoint-1000/optimizer.pt': 'b',
      'checkpoint-1000/rng_state_0.pth': 'b',
      'checkpoint-1000/rng_state_1.pth': 'b',
      'checkpoint-1000/trainer_state.json': '{"global_step": 1000}',
      'tmp-checkpoint-1500/model.safetensors': 'half',
      'runs/events.out.tfevents.1': 'no checkpoint',
    },
    newest: { name: 'checkpoint-1000', step: 1000 },
  },
  {
    framework: 'Lightning',
    pattern: '*.ckpt',
    resumeArg: '--ckpt_path {path}',
    files: { 'epoch=0-step=100.ckpt': 'a', 'epoch=1-step=200.ckpt': 'b' },
    newest: { name: 'epoch=1-step=200.ckpt', step: 200 },
  },
  {
    framework: 'Lightning’s last.ckpt',
    pattern: 'last.ckpt',
    resumeArg: '--ckpt_path {path}',
    files: { 'epoch=0-step=100.ckpt': 'a', 'last.ckpt': 'b' },
    // Neither name nor content tells here: what training last printed.
    newest: { name: 'last.ckpt', step: 77 },
  },
  {
    framework: 'Keras',
    pattern: '*.keras',
    resumeArg: '--weights {path}',
    files: { 'model.05-0.32.keras': 'a', 'model.06-0.31.keras': 'b' },
    newest: { name: 'model.06-0.31.keras', step: 6 },
  },
  {
    framework: 'TensorFlow',
    pattern: 'ckpt-*',
    resumeArg: '--restore {path}',
    files: {
      'ckpt-5.data-00000-of-00001': 'a',
      'ckpt-5.index': 'a',
      'ckpt-6.data-00000-of-00002': 'b',
      'ckpt-6.data-00001-of-00002': 'b',
      'ckpt-6.index': 'b',
      'ckpt-7.data-00000-of-00001.tempstate123': 'half',
      checkpoint: 'model_checkpoint_path: "ckpt-6"',
    },
    newest: { name: 'ckpt-6', step: 6 },
  },
  {
    framework: 'DeepSpeed',
    pattern: 'global_step*',
    resumeArg: '--load {path}',
    files: {
      'global_step900/zero_pp_rank_0_mp_rank_00_optim_states.pt': 'a',
      'global_step1000/zero_pp_rank_0_mp_rank_00_optim_states.pt': 'b',
      'global_step1000/zero_pp_rank_1_mp_rank_00_optim_states.pt': 'b',
      latest: 'global_step1000',
    },
    newest: { name: 'global_step1000', step: 1000 },
  },
  {
    framework: 'a pattern of one’s own',
    pattern: 'weights_{best,*_final}.bin',
    resumeArg: '--from={path}',
    files: { 'weights_20_final.bin': 'a', 'weights_30_final.bin': 'b', 'weights_40_draft.bin': 'no' },
    newest: { name: 'weights_30_final.bin', step: 30 },
  },
];

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, 'checkpoints', path)), { recursive: true });
    writeFileSync(join(folder, 'checkpoints', path), text);
  }
}

async function throughS3(pattern: string) {
  const store = new MemoryStore();
  const ports = { clock: systemClock, log: () => {}, warn: () => {}, store, bucket: 'b' };
  const own = { userId: 'AROA1:i-0a', sessionId: 's-1', attempt: 1, keepLast: 3 };
  const uploader = new CheckpointUploader({
    ...ports,
    ...own,
    currentStep: () => 77,
    notFinite: () => undefined,
    onCommitted: () => {},
    onUnfinished: () => undefined,
    secondsLeft: () => null,
    onSkipped: () => {},
  });
  const { candidates } = await lookAt(join(folder, 'checkpoints'), nameMatcher(pattern));
  for (const candidate of candidates) {
    uploader.offer(candidate);
    await uploader.drain();
  }
  return resume({
    ...ports,
    candidates: [own.userId],
    rank: 0,
    checkpointFolder: join(folder, 'resumed'),
    root: folder,
    scratchFolder: join(folder, 'scratch'),
    onBytes: () => {},
  });
}

describe('checkpoints of', () => {
  it.each(LAYOUTS)('$framework', async ({ pattern, resumeArg, files, newest }) => {
    write(files);
    // The newest by its step looks oldest by its time.
    for (const path of Object.keys(files)) {
      const isNewest = path.startsWith(newest.name);
      utimesSync(join(folder, 'checkpoints', path), isNewest ? 1 : 2, isNewest ? 1 : 2);
    }
    const found = await throughS3(pattern);
    expect(found?.manifest).toMatchObject(newest);
    expect(found?.path).toBe(join(folder, 'resumed', newest.name));
    const parts = Object.keys(files).filter((path) => path.startsWith(newest.name) && !path.includes('tempstate'));
    for (const path of parts) expect(readFileSync(join(folder, 'resumed', path), 'utf8')).toBe(files[path]);
    const job = requireJobSpec({ name: 'x', command: 'python3 train.py', checkpoints: { resumeArg } });
    expect(commandLineOf(job, found?.path)).toBe(
      `python3 train.py ${resumeArg.replace('{path}', `'${folder}/resumed/${newest.name}'`)}`,
    );
  });

  const withTorch = hasTorch || process.env['RUNCTL_REQUIRE_TOOLS'] !== undefined ? it : it.skip;
  withTorch.each([7, 700, 70_000])('Lightning tell their step %d inside, too', async (step) => {
    mkdirSync(join(folder, 'checkpoints'));
    const python = `import sys, torch; torch.save({"epoch": 3, "global_step": ${step}, "state_dict": {}}, sys.argv[1])`;
    execFileSync(PYTHON, ['-c', python, join(folder, 'checkpoints', 'last.ckpt')]);
    expect((await throughS3('last.ckpt'))?.manifest.step).toBe(step);
  });

  it('Hugging Face under a name of one’s own tell their step in trainer_state.json', async () => {
    write({ 'best/model.safetensors': 'a', 'best/trainer_state.json': '{"epoch": 1.5, "global_step": 1500}' });
    expect((await throughS3('best'))?.manifest.step).toBe(1500);
  });

  it('another rank are not committed, whatever the script writes, unless all are asked for', async () => {
    const script =
      'for rank in 0 1 2; do echo x > checkpoints/step-5.rank$rank.pt; done; echo x > checkpoints/step-4.pt; sleep 1';
    const checkpoints = { pattern: 'step-*', keepLast: 10 };
    const names = async (upload: 'rank0' | 'all') => {
      const machine = await boot(script, { job: { checkpoints: { ...checkpoints, upload } } });
      machine.start();
      await machine.ended();
      const keys = machine.store.keys(`${BUCKET}/nodes/${machine.userId}/checkpoints/`);
      return [...new Set(keys.flatMap((key) => /[^/]+\.pt$/.exec(key)?.[0] ?? []))].sort();
    };
    expect(await names('rank0')).not.toContain('step-5.rank1.pt');
    expect((await names('rank0')).every((name) => !/rank[12]/.test(name))).toBe(true);
    expect((await names('all')).some((name) => /rank[12]/.test(name))).toBe(true);
    expect(existsSync(folder)).toBe(true);
  });
});
