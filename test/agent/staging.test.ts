/** Data that comes onto the machine: many files, large files, restarts, and what S3 says of the content. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../agent/adapters/system-clock';
import { stageData } from '../../agent/stage-in';
import type { StageOptions } from '../../agent/staging/stage-objects';
import type { TransferMeter } from '../../agent/transfer-meter';
import { testBytes } from '../services/s3/start-s3';
import { boot } from './boot';
import { BUCKET } from './machine';
import { MemoryStore, S3Error } from './memory-store';
import { stageOptions } from './stage-options';

const MIB = 2 ** 20;
let home: string;
let store: MemoryStore;
let lines: string[];
let meter: TransferMeter;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'runctl-staging-'));
  store = new MemoryStore();
  lines = [];
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

const stage = (options: Partial<StageOptions> = {}, uri = 's3://bkt/data/') =>
  stageData(uri, join(home, 'data'), {
    ...stageOptions(store, home),
    log: (line) => lines.push(line),
    onBegin: (begun) => {
      meter = begun;
    },
    ...options,
  });

const staged = (path: string) => readFileSync(join(home, 'data', path));
const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** By the journals of files under way, whose first lines say of what. */
function partsThere(): number {
  const partials = join(home, 'partials');
  const journals = readdirSync(partials).filter((name) => name.endsWith('.parts'));
  return journals.reduce((sum, name) => sum + readFileSync(join(partials, name), 'utf8').split('\n').length - 2, 0);
}

/** Ends a transfer as the death of the agent does: at the first chunk for which `when` holds, nothing tidied up. */
async function dieWhen(when: (key: string, at: number) => boolean | Promise<boolean>, uri?: string): Promise<void> {
  const killed = new AbortController();
  store.whileDownloading = async (key, at) => {
    if (await when(key, at)) killed.abort();
    if (killed.signal.aborted) throw new S3Error('killed');
  };
  await expect(stage({ signal: killed.signal }, uri)).rejects.toThrow();
  store.whileDownloading = async () => {};
  store.opened.length = 0;
}

describe('data of many files', () => {
  it('comes whole, over many pages of the list, each file with its object’s date', async () => {
    store.pageSize = 7;
    for (let i = 0; i < 100; i++) store.put(`bkt/data/${i % 10}/${i}.txt`, `content of ${i}`);
    store.put('bkt/data/folder-of-a-console/', '');
    await stage();
    for (let i = 0; i < 100; i++) expect(String(staged(`${i % 10}/${i}.txt`))).toBe(`content of ${i}`);
    expect(statSync(join(home, 'data', '0/0.txt')).mtimeMs % 1000).toBe(0);
    expect(meter.read()).toMatchObject({ doneFiles: 100, totalFiles: 100, doneBytes: meter.read().totalBytes });
    expect(lines.at(-1)).toMatch(/^data: 100 files, 0\.0 MiB, in .* s, .* MiB\/s; verified: 100 by SHA256$/);
    expect(readdirSync(home)).toEqual(['data']);
  });

  it('is never asked for in more than 64 requests at once', async () => {
    let open = 0;
    let most = 0;
    for (let i = 0; i < 300; i++) store.put(`bkt/data/${i}`, 'x');
    store.whileDownloading = async () => {
      most = Math.max(most, ++open);
      await systemClock.sleep(5);
      open -= 1;
    };
    await stage();
    expect(most).toBeGreaterThan(8);
    expect(most).toBeLessThanOrEqual(64);
  });

  it('is not fetched again after a restart, but for what was under way', async () => {
    for (let i = 0; i < 200; i++) store.put(`bkt/data/${String(i).padStart(3, '0')}`, testBytes(100 + i));
    await dieWhen((key) => key === 'data/150');
    await stage();
    expect(store.opened).toContain('data/150');
    expect(store.opened).not.toContain('data/000');
    expect(store.opened.length).toBeLessThan(150);
    for (let i = 0; i < 200; i++) expect(staged(String(i).padStart(3, '0')).equals(testBytes(100 + i))).toBe(true);
    expect(lines.at(-1)).toMatch(/by an earlier process/);
  });

  it('of which one was replaced meanwhile is fetched anew', async () => {
    store.put('bkt/data/1', 'old');
    await stage();
    store.objects.set('bkt/data/1', { body: Buffer.from('new'), writtenAtMs: Date.now() + 5000 });
    await stage();
    expect(String(staged('1'))).toBe('new');
  });
});

describe('a large file', () => {
  const bytes = testBytes(41 * MIB + 5);

  it('comes in ranges side by side, and is what was sent', async () => {
    store.put('bkt/data/large.bin', bytes);
    await stage();
    expect(sha(staged('large.bin'))).toBe(sha(bytes));
    expect(store.opened).toHaveLength(3);
    expect(meter.read()).toMatchObject({ doneFiles: 1, doneBytes: bytes.length, totalBytes: bytes.length });
  });

  it('is not begun anew after a restart, and is not there before it is whole', async () => {
    store.put('bkt/large.bin', bytes);
    await dieWhen(async (_key, at) => {
      while (at >= 40 * MIB && partsThere() < 2) await systemClock.sleep(5);
      return at >= 40 * MIB;
    }, 's3://bkt/large.bin');
    expect(readdirSync(join(home, 'data'))).toEqual([]);
    await stage({}, 's3://bkt/large.bin');
    expect(store.opened).toHaveLength(1);
    expect(sha(staged('large.bin'))).toBe(sha(bytes));
    expect(meter.movedBytes).toBeLessThan(bytes.length / 2);
    expect(meter.read().doneBytes).toBe(bytes.length);
  });

  it('of which another version was begun is begun anew', async () => {
    store.put('bkt/large.bin', testBytes(41 * MIB + 5).fill(1));
    await dieWhen((_key, at) => at >= 40 * MIB, 's3://bkt/large.bin');
    store.put('bkt/large.bin', bytes);
    await stage({}, 's3://bkt/large.bin');
    expect(store.opened).toHaveLength(3);
    expect(sha(staged('large.bin'))).toBe(sha(bytes));
  });
});

describe('content that is not what S3 says', () => {
  it.each([
    ['a small file', 1000],
    ['a large file', 41 * MIB],
  ])('of %s is fetched once more, and then refused', async (_what, size) => {
    const bytes = testBytes(size);
    store.put('bkt/data/x', bytes);
    const honest = store.open.bind(store);
    let isBad = true;
    store.open = async (location, options) => {
      const { facts, body } = await honest(location, options);
      const isSpoilt = isBad && (options?.range?.startByte ?? 0) === 0;
      async function* spoilt() {
        for await (const chunk of body) yield isSpoilt ? Buffer.from(chunk).fill(9) : chunk;
      }
      return { facts, body: spoilt() };
    };
    await expect(stage()).rejects.toThrow(/s3:\/\/bkt\/data\/x: ContentMismatch: .* has the SHA256 .*, and S3 says/);
    expect(readdirSync(join(home, 'data'))).toEqual([]);
    isBad = false;
    await stage();
    expect(sha(staged('x'))).toBe(sha(bytes));
  });
});

describe('a disk', () => {
  it('that is too small for the data is known by the list, and the error says what to set', async () => {
    for (let i = 0; i < 1000; i++) store.put(`bkt/data/${i}`, 'x');
    const options = { freeBytes: async () => 2 ** 30 + 999 * 4096, volumeGiB: 8 };
    await expect(stage(options)).rejects.toThrow(
      "DiskTooSmall: data (s3://bkt/data/) needs 0.0 GiB and 1 GiB for training; the instance's disk of 8 GiB has room for 1.0 GiB. " +
        'Set resources.volumeGiB to 9 or more.',
    );
    await stage({ ...options, freeBytes: async () => 2 ** 30 + 1000 * 4096 });
  });

  it('is not too small because of what is on it already of the data', async () => {
    store.put('bkt/data/1', testBytes(MIB));
    await stage();
    await stage({ freeBytes: async () => 2 ** 30 });
  });
});

describe('on an instance', () => {
  it('that is to stop, fetching stops as well', async () => {
    const job = { data: `s3://${BUCKET}/datasets/x/` };
    const machine = await boot('true', { job });
    for (let i = 0; i < 500; i++) machine.store.put(`${BUCKET}/datasets/x/${String(i).padStart(3, '0')}`, 'x');
    machine.store.whileDownloading = async (key) => {
      if (key.endsWith('/100')) machine.imds.interrupt();
      const isLater = Number(key.split('/').at(-1)) > 100;
      while (isLater && !machine.latch.signal.aborted) await systemClock.sleep(5);
    };
    machine.start();
    expect(await machine.ended()).toMatchObject({ outcome: 'interrupted', reason: 'SpotNotice', stage: 'data' });
    const { length } = machine.store.opened;
    await systemClock.sleep(100);
    expect(machine.store.opened).toHaveLength(length);
    expect(length).toBeLessThan(500);
  });

  it('the status says how far it is, how fast, and how long it will take', async () => {
    const machine = await boot('true', { job: { data: `s3://${BUCKET}/datasets/x/` } });
    machine.store.put(`${BUCKET}/datasets/x/large`, testBytes(41 * MIB));
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    machine.store.whileDownloading = (_key, at) => (at >= 40 * MIB ? held : Promise.resolve());
    machine.start();
    const status = await machine.store.until(() => {
      const now = machine.status();
      return (now?.transfer?.bytesPerSecond ?? 0) > 0 && (now?.transfer?.doneBytes ?? 0) >= 40 * MIB && now;
    });
    expect(status).toMatchObject({ stage: 'data', transfer: { totalBytes: 41 * MIB, totalFiles: 1, doneFiles: 0 } });
    expect(status.transfer?.etaSeconds).toBeGreaterThanOrEqual(0);
    expect(status.stageFraction).toBeCloseTo(40 / 41, 1);
    release();
    expect(await machine.ended()).toMatchObject({ outcome: 'succeeded' });
    expect(machine.status()?.transfer).toBeNull();
  });

  it('whose disk is full fails its stage and says what to set', async () => {
    const machine = await boot('true', { job: { data: `s3://${BUCKET}/datasets/x`, resources: { volumeGiB: 20 } } });
    machine.store.put(`${BUCKET}/datasets/x`, 'x');
    machine.start({ freeBytes: async () => 0 });
    const final = await machine.ended();
    expect(final).toMatchObject({ outcome: 'failed', stage: 'data' });
    expect(final.error).toContain('Set resources.volumeGiB to 22 or more.');
  });
});
