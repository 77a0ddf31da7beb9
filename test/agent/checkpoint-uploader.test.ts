import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../agent/adapters/system-clock';
import { type Candidate, lookAt } from '../../agent/checkpoints/look';
import { CheckpointUploader } from '../../agent/checkpoints/uploader';
import type { CheckpointManifest } from '../../core/checkpoints/checkpoint';
import type { CommittedCheckpoint } from '../../core/node/node-status';
import { checkpointPrefix } from '../../core/s3-layout';
import { digestOf, MemoryStore } from './memory-store';

const USER = 'AROA1:i-0a';
let folder: string;
let store: MemoryStore;
let committed: CommittedCheckpoint[];
let skipped: string[];
let lines: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-upload-'));
  store = new MemoryStore();
  committed = [];
  skipped = [];
  lines = [];
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(keepLast = 3): CheckpointUploader {
  return new CheckpointUploader({
    clock: systemClock,
    log: (line) => lines.push(line),
    warn: (line) => lines.push(`warning: ${line}`),
    store,
    bucket: 'b',
    userId: USER,
    sessionId: 's-1',
    attempt: 2,
    keepLast,
    currentStep: () => 77,
    notFinite: () => undefined,
    onCommitted: (checkpoint) => committed.push(checkpoint),
    onSkipped: ({ name }) => skipped.push(name),
  });
}

async function write(name: string, text = `content of ${name}`): Promise<Candidate> {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
  const { candidates } = await lookAt(folder, (each) => each === name.split('/')[0]);
  return candidates[0] as Candidate;
}

const key = (sequence: number, path: string) => `b/${checkpointPrefix(USER, sequence)}${path}`;

describe('the checkpoint uploader', () => {
  it('writes the manifest last, with every file’s size and hash', async () => {
    await write('ckpt/sub/b.bin');
    const uploader = open();
    uploader.offer(await write('ckpt/a.json'));
    await uploader.drain();
    expect(store.writes.at(-1)).toBe(key(1, 'manifest.json'));
    expect(store.json<CheckpointManifest>(key(1, 'manifest.json'))).toMatchObject({
      sessionId: 's-1',
      attempt: 2,
      userId: USER,
      sequence: 1,
      name: 'ckpt',
      kind: 'folder',
      step: 77,
      files: [
        { path: 'a.json', ...digestOf('content of ckpt/a.json') },
        { path: 'sub/b.bin', ...digestOf('content of ckpt/sub/b.bin') },
      ],
    });
    expect(committed).toMatchObject([{ name: 'ckpt', sequence: 1, step: 77 }]);
  });

  it('does not commit a file that changed under the upload', async () => {
    const candidate = await write('last.pt');
    store.whileUploading = async () => appendFileSync(join(folder, 'last.pt'), 'more');
    const uploader = open();
    uploader.offer(candidate);
    await uploader.drain();
    expect(committed).toEqual([]);
    expect(store.text(key(1, 'manifest.json'))).toBeUndefined();
    expect(lines.join()).toContain('changed while it was read');
  });

  it('takes the newest when training is faster than the network', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    store.whileUploading = () => gate;
    const uploader = open();
    for (const step of [1, 2, 3, 4]) uploader.offer(await write(`step-${step}.pt`));
    release();
    await uploader.drain();
    expect(committed.map(({ name }) => name)).toEqual(['step-1.pt', 'step-4.pt']);
    // A later process of the agent must not take it for new.
    expect(skipped.length).toBeGreaterThan(0);
  });

  it('keeps the last ones, and deletes of the others everything', async () => {
    const uploader = open(2);
    for (const step of [1, 2, 3, 4]) {
      uploader.offer(await write(`step-${step}.pt`));
      await uploader.drain();
    }
    expect(store.keys(`b/nodes/${USER}/`)).toEqual(
      [3, 4].flatMap((sequence) => [key(sequence, 'manifest.json'), key(sequence, `step-${sequence}.pt`)]),
    );
  });

  it('counts on from what an earlier process of the agent began', async () => {
    store.put(key(1, 'manifest.json'), '{}');
    store.put(key(2, 'half.pt'), 'never committed');
    const uploader = open();
    await uploader.recall();
    uploader.offer(await write('step-9.pt'));
    await uploader.drain();
    expect(committed).toMatchObject([{ sequence: 3, step: 9 }]);
  });
});
