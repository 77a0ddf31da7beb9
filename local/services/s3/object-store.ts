/**
 * Buckets and objects on disk. A key never becomes a path: files are named by the key's hash, and the key itself
 * stands in the metadata file, written last and renamed into place, so that a crash leaves the old object or the new.
 * The index is in memory, read from the metadata files at start.
 *
 *   <root>/<bucket>/bucket.json
 *   <root>/<bucket>/objects/<2 hex>/<sha256 of the key>.json      what the object is
 *   <root>/<bucket>/objects/<2 hex>/<sha256 of the key>-<id>.data its bytes, immutable
 *   <root>/<bucket>/uploads/<upload id>/                          multipart uploads under way
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AwsError } from '../../service';
import type { StoredChecksum } from './checksums';
import { SortedKeys } from './sorted-keys';

export interface StoredObject {
  key: string;
  sizeBytes: number;
  /** Without quotes. */
  etag: string;
  lastModifiedMs: number;
  /** Name of the file with its bytes, beside the metadata. */
  dataFile: string;
  /** content-type and the like, by lower-case header name, given back as they came. */
  systemHeaders: Record<string, string>;
  /** x-amz-meta-*, without the prefix. */
  metadata: Record<string, string>;
  tags: Record<string, string>;
  checksum?: StoredChecksum;
  /** Sizes of a multipart object's parts, in order. */
  partSizesBytes?: number[];
}

interface BucketRecord {
  name: string;
  createdMs: number;
  /** Whether the bucket tells EventBridge of its objects. */
  eventBridge: boolean;
}

const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

export class Bucket {
  readonly objects = new Map<string, StoredObject>();
  readonly keys: SortedKeys;

  constructor(
    readonly dir: string,
    public record: BucketRecord,
  ) {
    const objectsDir = join(dir, 'objects');
    mkdirSync(objectsDir, { recursive: true });
    for (const shard of readdirSync(objectsDir)) this.#readShard(join(objectsDir, shard));
    this.keys = new SortedKeys(this.objects.keys());
  }

  saveRecord(record: BucketRecord): void {
    this.record = record;
    writeAtomically(join(this.dir, 'bucket.json'), record);
  }

  /** Where the bytes of a new object go before `commit`; `id` makes the name unique. */
  newDataFile(key: string, id: string): { dataFile: string; path: string } {
    const dataFile = `${hashOf(key)}-${id.replace(/[^\w-]/g, '_')}.data`;
    return { dataFile, path: this.#path(key, dataFile) };
  }

  dataPath(object: StoredObject): string {
    return this.#path(object.key, object.dataFile);
  }

  /** Makes the object visible, replacing another of its key. Synchronous, so that a check just before still holds. */
  commit(object: StoredObject): void {
    const replaced = this.objects.get(object.key);
    writeAtomically(this.#path(object.key, `${hashOf(object.key)}.json`), object);
    if (!replaced) this.keys.add(object.key);
    this.objects.set(object.key, object);
    if (replaced && replaced.dataFile !== object.dataFile) rmSync(this.dataPath(replaced), { force: true });
  }

  delete(key: string): void {
    const object = this.objects.get(key);
    if (!object) return;
    rmSync(this.#path(key, `${hashOf(key)}.json`), { force: true });
    rmSync(this.dataPath(object), { force: true });
    this.objects.delete(key);
    this.keys.delete(key);
  }

  /** Removes what a crash left behind: bytes that no metadata names. */
  #readShard(dir: string): void {
    const files = readdirSync(dir);
    const named = new Set<string>();
    for (const file of files.filter((name) => name.endsWith('.json'))) {
      const object = JSON.parse(readFileSync(join(dir, file), 'utf8')) as StoredObject;
      this.objects.set(object.key, object);
      named.add(file).add(object.dataFile);
    }
    for (const file of files.filter((name) => !named.has(name))) rmSync(join(dir, file), { force: true });
  }

  #path(key: string, file: string): string {
    const dir = join(this.dir, 'objects', hashOf(key).slice(0, 2));
    mkdirSync(dir, { recursive: true });
    return join(dir, file);
  }
}

export class ObjectStore {
  readonly #buckets = new Map<string, Bucket>();

  constructor(readonly rootDir: string) {
    mkdirSync(rootDir, { recursive: true });
    for (const name of readdirSync(rootDir)) {
      const recordFile = join(rootDir, name, 'bucket.json');
      if (!existsSync(recordFile)) continue;
      this.#buckets.set(name, new Bucket(join(rootDir, name), JSON.parse(readFileSync(recordFile, 'utf8'))));
    }
  }

  buckets(): Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => (a.record.name < b.record.name ? -1 : 1));
  }

  find(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  /** @throws AwsError NoSuchBucket. */
  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket) return bucket;
    throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', {
      statusCode: 404,
      details: { BucketName: name },
    });
  }

  /** @throws AwsError InvalidBucketName. */
  createBucket(record: BucketRecord): Bucket {
    if (!BUCKET_NAME.test(record.name) || record.name.includes('..')) {
      throw new AwsError('InvalidBucketName', `The specified bucket is not valid: ${record.name}`);
    }
    const bucket = new Bucket(join(this.rootDir, record.name), record);
    bucket.saveRecord(record);
    this.#buckets.set(record.name, bucket);
    return bucket;
  }

  /** @throws AwsError NoSuchBucket, BucketNotEmpty. */
  deleteBucket(name: string): void {
    const bucket = this.bucket(name);
    if (bucket.keys.size > 0) {
      throw new AwsError('BucketNotEmpty', 'The bucket you tried to delete is not empty', { statusCode: 409 });
    }
    this.#buckets.delete(name);
    rmSync(bucket.dir, { recursive: true, force: true });
  }
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

export function writeAtomically(path: string, value: object): void {
  writeFileSync(`${path}.new`, JSON.stringify(value));
  renameSync(`${path}.new`, path);
}
