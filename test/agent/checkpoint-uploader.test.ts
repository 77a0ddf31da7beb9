import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../agent/adapters/system-clock';
import { type Candidate, lookAt } from '../../agent/checkpoints/look';
import { CheckpointUploader } from '../../agent/checkpoints/uploader';
import type { UnfinishedCheckpoint } from '../../agent/state-file';
import type { CheckpointManifest } from '../../core/checkpoints/checkpoint';
import type { CommittedCheckpoint, NotFinite } from '../../core/node/node-status';
import { checkpointPrefix } from '../../core/s3-layout';
import { digestOf, MemoryStore, S3Error } from './memory-store';

const USER = 'AROA1:i-0a';
let folder: string;
let store: MemoryStore;
let committed: CommittedCheckpoint[];
let skipped: string[];
let lines: string[];
let unfinished: UnfinishedCheckpoint | null;
let onTold = () => {};
let notFinite: NotFinite | undefined;
let secondsLeft: number | null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-upload-'));
  store = new MemoryStore();
  committed = [];
  skipped = [];
  lines = [];
  unfinished = null;
  onTold = () => {};
  notFinite = undefined;
  secondsLeft = null;
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
    notFinite: () => notFinite,
    onCommitted: (checkpoint) => committed.push(checkpoint),
    onUnfinished: (told) => {
      unfinished = told;
      onTold();
    },
    secondsLeft: () => secondsLeft,
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

  describe('after a failure', () => {
    /** Fails once, when the other file is there. */
    const failOnceAt = (name: string) => {
      store.whileUploading = async (at) => {
        if (!at.endsWith(name)) return;
        await store.until(() => store.keys(`b/nodes/${USER}/`).length > 0);
        store.whileUploading = async () => {};
        throw new S3Error('TimeoutError');
      };
    };
    /** The agent is killed when the first, large file is in S3. */
    async function killedWithOneOf(candidate: Candidate): Promise<void> {
      store.whileUploading = (at) => (at.endsWith('b.bin') ? new Promise(() => {}) : Promise.resolve());
      const isThere = new Promise<void>((resolve) => {
        onTold = () => {
          if (unfinished?.files.length === 1) resolve();
        };
      });
      open().offer(candidate);
      await isThere;
      store.whileUploading = async () => {};
    }
    const uploadsOf = (name: string) => store.writes.filter((each) => each.endsWith(name)).length;

    it('goes on in the same place, and sends no file again that is there', async () => {
      await write('ckpt/a.bin');
      failOnceAt('b.bin');
      const uploader = open();
      uploader.offer(await write('ckpt/b.bin'));
      await uploader.drain();
      expect(committed).toMatchObject([{ name: 'ckpt', sequence: 1 }]);
      expect([uploadsOf('a.bin'), uploadsOf('b.bin')]).toEqual([1, 1]);
      expect(unfinished).toBeNull();
    });

    it('goes on, restarted, with the large files that are there', async () => {
      const large = 'x'.repeat(8 * 2 ** 20);
      await write('ckpt/a.bin', large);
      const candidate = await write('ckpt/b.bin');
      await killedWithOneOf(candidate);
      expect(unfinished).toMatchObject({ sequence: 1, files: [{ path: 'a.bin', ...digestOf(large) }] });
      const restarted = open();
      await restarted.recall(unfinished);
      restarted.offer(candidate);
      await restarted.drain();
      expect(uploadsOf('a.bin')).toBe(1);
      expect(store.json<CheckpointManifest>(key(1, 'manifest.json'))?.files).toEqual([
        { path: 'a.bin', ...digestOf(large) },
        { path: 'b.bin', ...digestOf('content of ckpt/b.bin') },
      ]);
    });

    it('begins anew, restarted, when a file changed meanwhile, and gives up what lay in parts', async () => {
      await write('ckpt/a.bin', 'x'.repeat(8 * 2 ** 20));
      await killedWithOneOf(await write('ckpt/b.bin'));
      const restarted = open();
      await restarted.recall(unfinished);
      restarted.offer(await write('ckpt/a.bin', 'y'.repeat(8 * 2 ** 20)));
      await restarted.drain();
      expect(committed).toMatchObject([{ name: 'ckpt', sequence: 2 }]);
      expect(store.json<CheckpointManifest>(key(2, 'manifest.json'))?.files[0]).toMatchObject(
        digestOf('y'.repeat(8 * 2 ** 20)),
      );
      expect(store.abandoned).toEqual([key(1, '')]);
    });
  });

  describe('on the way out', () => {
    /** The older one has begun, and never ends by itself. */
    async function withOlderUnderWay(): Promise<CheckpointUploader> {
      const begun = new Promise<void>((resolve) => {
        store.whileUploading = async (at) => {
          if (!at.endsWith('step-1.pt')) return;
          resolve();
          await older;
        };
      });
      const uploader = open();
      uploader.offer(await write('step-1.pt'));
      await begun;
      return uploader;
    }
    let older: Promise<void>;
    let finishOlder = () => {};

    beforeEach(() => {
      older = new Promise((resolve) => {
        finishOlder = resolve;
      });
    });

    it('cuts an older upload short for the last save, when there is no time for both', async () => {
      const uploader = await withOlderUnderWay();
      secondsLeft = 100;
      uploader.hurry();
      uploader.offer(await write('step-2.pt'));
      await uploader.drain();
      expect(committed.map(({ name }) => name)).toEqual(['step-2.pt']);
      expect(skipped).toEqual(['step-1.pt']);
      expect(store.abandoned).toEqual([key(1, '')]);
    });

    it('lets both through while nothing presses', async () => {
      const uploader = await withOlderUnderWay();
      uploader.hurry();
      uploader.offer(await write('step-2.pt'));
      finishOlder();
      await uploader.drain();
      expect(committed.map(({ name }) => name)).toEqual(['step-1.pt', 'step-2.pt']);
    });

    it('lets a sound one through before one that was saved while the loss was no number', async () => {
      const uploader = await withOlderUnderWay();
      secondsLeft = 100;
      notFinite = { metric: 'loss', step: 2, finiteStep: 1, at: '2026-11-28T12:00:00.000Z' };
      uploader.hurry();
      uploader.offer(await write('step-2.pt'));
      finishOlder();
      await uploader.drain();
      expect(committed.map(({ name }) => name)).toEqual(['step-1.pt', 'step-2.pt']);
    });

    it('commits nothing any more once the time is up, and leaves no parts', async () => {
      const uploader = await withOlderUnderWay();
      uploader.close();
      finishOlder();
      await uploader.drain();
      expect(store.keys(`b/nodes/${USER}/`)).toEqual([]);
      expect(store.abandoned).toEqual([key(1, '')]);
    });

    it('thinks again when a notice brings a deadline', async () => {
      const uploader = await withOlderUnderWay();
      uploader.hurry();
      uploader.offer(await write('step-2.pt'));
      secondsLeft = 100;
      uploader.reconsider();
      await uploader.drain();
      expect(committed.map(({ name }) => name)).toEqual(['step-2.pt']);
    });

    it('cuts nothing short while training goes on', async () => {
      const uploader = await withOlderUnderWay();
      secondsLeft = 100;
      uploader.offer(await write('step-2.pt'));
      finishOlder();
      await uploader.drain();
      expect(committed.map(({ name }) => name)).toEqual(['step-1.pt', 'step-2.pt']);
    });
  });
});
