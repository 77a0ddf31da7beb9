/** An object store in memory, with switches for what may go wrong. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type {
  FileDigest,
  ListedObject,
  ObjectFacts,
  ObjectStore,
  OpenOptions,
  StoredText,
  UploadOptions,
} from '../../agent/ports';
import type { S3Location } from '../../core/s3-layout';

export class S3Error extends Error {
  constructor(override readonly name: string) {
    super(name);
  }
}

interface StoredObject {
  body: Buffer;
  writtenAtMs: number;
}

const place = ({ bucket, key }: S3Location) => `${bucket}/${key}`;

const CHUNK_BYTES = 64 * 1024;
const toTheSecond = (ms: number) => Math.floor(ms / 1000) * 1000;

export class MemoryStore implements ObjectStore {
  readonly objects = new Map<string, StoredObject>();
  /** Every key written, in order. */
  readonly writes: string[] = [];
  isDown = false;
  /** Prefixes below which uploads were given up. */
  readonly abandoned: string[] = [];
  /** Called while a file is being uploaded, after it was read. */
  whileUploading: (key: string) => Promise<void> = async () => {};
  /** Called before a text is read. */
  whileReading: (key: string) => Promise<void> = async () => {};
  /** Called before each chunk of an object that is being read, with the chunk's place in it. */
  whileDownloading: (key: string, at: number) => Promise<void> = async () => {};
  /** Every object that was opened, with its range. */
  readonly opened: string[] = [];
  pageSize = 1000;
  readonly #watchers = new Set<() => void>();

  constructor(readonly now: () => number = Date.now) {}

  async getText(location: S3Location): Promise<StoredText | undefined> {
    await this.whileReading(location.key);
    this.#check();
    const found = this.objects.get(place(location));
    if (!found) return undefined;
    const storeNowMs = this.now();
    return { text: found.body.toString('utf8'), ageMs: storeNowMs - found.writtenAtMs, storeNowMs };
  }

  async putText(location: S3Location, text: string): Promise<void> {
    this.#check();
    this.put(place(location), Buffer.from(text));
  }

  async upload(path: string, location: S3Location, options: UploadOptions = {}): Promise<FileDigest | 'exists'> {
    this.#check();
    const body = await readFile(path);
    await Promise.race([this.whileUploading(location.key), calledOff(options.signal)]);
    this.#check();
    if (options.createOnly && this.objects.has(place(location))) return 'exists';
    this.put(place(location), body);
    return digestOf(body);
  }

  async abandon({ bucket, key }: S3Location): Promise<void> {
    this.abandoned.push(`${bucket}/${key}`);
  }

  async download(location: S3Location, path: string): Promise<FileDigest> {
    this.#check();
    const found = this.objects.get(place(location));
    if (!found) throw new S3Error('NoSuchKey');
    await writeFile(path, found.body);
    return digestOf(found.body);
  }

  async describe(location: S3Location): Promise<ObjectFacts> {
    this.#check();
    const { body, writtenAtMs } = this.#found(location);
    const value = createHash('sha256').update(body).digest('base64');
    return {
      sizeBytes: body.length,
      modifiedAtMs: toTheSecond(writtenAtMs),
      etag: value,
      checksum: { algorithm: 'SHA256', value, ofPartsOfBytes: null },
    };
  }

  async open(location: S3Location, { range, etag, signal }: OpenOptions = {}) {
    const facts = await this.describe(location);
    if (etag !== undefined && etag !== facts.etag) throw new S3Error('PreconditionFailed');
    const { body } = this.#found(location);
    const bytes = range ? body.subarray(range.startByte, range.endByte + 1) : body;
    this.opened.push(range ? `${location.key} ${range.startByte}-${range.endByte}` : location.key);
    const send = this.whileDownloading;
    async function* chunks() {
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        signal?.throwIfAborted();
        await send(location.key, (range?.startByte ?? 0) + at);
        yield bytes.subarray(at, at + CHUNK_BYTES);
      }
    }
    return {
      facts: range ? { ...facts, sizeBytes: bytes.length, checksum: null } : facts,
      body: chunks(),
    };
  }

  async *pages(prefix: S3Location): AsyncGenerator<ListedObject[]> {
    const objects = (await this.list(prefix)).sort((a, b) => (a.key < b.key ? -1 : 1));
    for (let at = 0; at < objects.length; at += this.pageSize) {
      this.#check();
      yield objects.slice(at, at + this.pageSize).map((object) => ({
        ...object,
        modifiedAtMs: toTheSecond(this.#found({ ...prefix, key: object.key }).writtenAtMs),
      }));
    }
  }

  #found(location: S3Location): StoredObject {
    const found = this.objects.get(place(location));
    if (!found) throw new S3Error('NoSuchKey');
    return found;
  }

  async list(prefix: S3Location): Promise<{ key: string; sizeBytes: number }[]> {
    this.#check();
    return [...this.objects]
      .filter(([key]) => key.startsWith(place(prefix)))
      .map(([key, { body }]) => ({ key: key.slice(prefix.bucket.length + 1), sizeBytes: body.length }));
  }

  async remove(locations: readonly S3Location[]): Promise<void> {
    this.#check();
    for (const location of locations) this.objects.delete(place(location));
  }

  put(path: string, body: Buffer | string, writtenAtMs = this.now()): void {
    this.objects.set(path, { body: Buffer.from(body), writtenAtMs });
    this.writes.push(path);
    for (const wake of this.#watchers) wake();
  }

  text(path: string): string | undefined {
    return this.objects.get(path)?.body.toString('utf8');
  }

  json<T>(path: string): T | undefined {
    const text = this.text(path);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  keys(prefix: string): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  /** Resolves with the first answer that is not undefined, asked again at every write. */
  until<T>(ask: () => T | undefined | false): Promise<T> {
    return new Promise((resolve) => {
      const look = () => {
        const answer = ask();
        if (answer === undefined || answer === false) return;
        this.#watchers.delete(look);
        resolve(answer);
      };
      this.#watchers.add(look);
      look();
    });
  }

  #check(): void {
    if (this.isDown) throw new S3Error('TimeoutError');
  }
}

/** Rejects when the signal aborts. */
function calledOff(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal?.aborted) reject(new S3Error('AbortError'));
    signal?.addEventListener('abort', () => reject(new S3Error('AbortError')), { once: true });
  });
}

export const digestOf = (body: Buffer | string): FileDigest => ({
  sizeBytes: Buffer.byteLength(body),
  sha256: createHash('sha256').update(body).digest('hex'),
});
