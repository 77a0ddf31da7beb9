/** The S3 adapter against S3's wire protocol. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3ObjectStore } from '../../agent/adapters/s3-object-store';
import { startS3, testBytes } from '../services/s3/start-s3';
import { digestOf } from './memory-store';

type TestS3 = Awaited<ReturnType<typeof startS3>>;

let test: TestS3;
let store: S3ObjectStore;
let folder: string;

beforeAll(async () => {
  test = await startS3();
  store = new S3ObjectStore(test.client, Date.now);
  folder = mkdtempSync(join(tmpdir(), 'runctl-store-'));
});

afterAll(async () => {
  test.client.destroy();
  await test.gateway.close();
  rmSync(folder, { recursive: true, force: true });
  rmSync(test.dataDir, { recursive: true, force: true });
});

const at = (key: string) => ({ bucket: 'data', key });

describe('the S3 object store', () => {
  it('reads a text with its age by S3’s own dates, and says when there is none', async () => {
    await store.putText(at('sessions/a/lease.json'), '{"a": 1}');
    const stored = await store.getText(at('sessions/a/lease.json'));
    expect(stored?.text).toBe('{"a": 1}');
    expect(stored?.ageMs).toBeLessThan(5_000);
    expect(Math.abs((stored?.storeNowMs ?? 0) - Date.now())).toBeLessThan(5_000);
    expect(await store.getText(at('sessions/none'))).toBeUndefined();
  });

  it.each([
    ['an empty file', 0],
    ['a small file', 1000],
    ['a file of several parts', 20 * 2 ** 20 + 7],
    ['a file that comes in ranges', 33 * 2 ** 20 + 7],
  ])('uploads and downloads %s, byte for byte, and hashes what it sent', async (_what, sizeBytes) => {
    const bytes = testBytes(sizeBytes);
    const path = join(folder, 'up');
    writeFileSync(path, bytes);
    const key = `nodes/AROA1:i-0a/checkpoints/000001/a 'b"ü\n${sizeBytes}`;
    expect(await store.upload(path, at(key))).toEqual(digestOf(bytes));
    expect(await store.list(at('nodes/AROA1:i-0a/'))).toContainEqual({ key, sizeBytes });
    expect(await store.download(at(key), join(folder, 'down'))).toEqual(digestOf(bytes));
    expect(readFileSync(join(folder, 'down')).equals(bytes)).toBe(true);
    await store.remove([at(key)]);
    expect(await store.list(at(key))).toEqual([]);
  });

  it.each([
    ['a small file', 10],
    ['a file of several parts', 17 * 2 ** 20],
  ])('creates %s only where nothing is', async (_what, sizeBytes) => {
    const path = join(folder, 'once');
    writeFileSync(path, testBytes(sizeBytes));
    const key = `results/${sizeBytes}`;
    expect(await store.upload(path, at(key), { createOnly: true })).toMatchObject({ sizeBytes });
    expect(await store.upload(path, at(key), { createOnly: true })).toBe('exists');
  });

  it('fails on a missing object and a missing file, by name', async () => {
    await expect(store.download(at('none'), join(folder, 'none'))).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(store.upload(join(folder, 'missing'), at('x'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('gives up an upload when told to', async () => {
    const path = join(folder, 'large');
    writeFileSync(path, testBytes(20 * 2 ** 20));
    const given = AbortSignal.abort();
    await expect(store.upload(path, at('given-up'), { signal: given })).rejects.toThrow();
    expect(await store.list(at('given-up'))).toEqual([]);
  });
});
