/** An object store in memory, with switches for what may go wrong. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { FileDigest, ObjectStore, StoredText, UploadOptions } from '../../agent/ports';
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

export class MemoryStore implements ObjectStore {
  readonly objects = new Map<string, StoredObject>();
  /** Every key written, in order. */
  readonly writes: string[] = [];
  isDown = false;
  /** Called while a file is being uploaded, after it was read. */
  whileUploading: (key: string) => Promise<void> = async () => {};
  readonly #watchers = new Set<() => void>();

  constructor(readonly now: () => number = Date.now) {}

  async getText(location: S3Location): Promise<StoredText | undefined> {
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
    await this.whileUploading(location.key);
    this.#check();
    if (options.createOnly && this.objects.has(place(location))) return 'exists';
    this.put(place(location), body);
    return digestOf(body);
  }

  async download(location: S3Location, path: string): Promise<FileDigest> {
    this.#check();
    const found = this.objects.get(place(location));
    if (!found) throw new S3Error('NoSuchKey');
    await writeFile(path, found.body);
    return digestOf(found.body);
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

  put(path: string, body: Buffer | string): void {
    this.objects.set(path, { body: Buffer.from(body), writtenAtMs: this.now() });
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

export const digestOf = (body: Buffer | string): FileDigest => ({
  sizeBytes: Buffer.byteLength(body),
  sha256: createHash('sha256').update(body).digest('hex'),
});
