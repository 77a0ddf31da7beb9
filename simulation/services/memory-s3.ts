/** S3 in memory, at the level of the SDK's commands: what the control plane and the agent ask of it. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../local/clock';
import { AwsError, type EmitEvent, type Operation, type Service } from '../../local/service';

export interface StoredObject {
  body: Buffer;
  etag: string;
  /** To the second, as S3 tells it. */
  writtenAtMs: number;
}

interface Bucket {
  hasEvents: boolean;
  objects: Map<string, StoredObject>;
}

export interface MemoryS3 {
  service: Service;
  createBucket(name: string, options: { eventBridge: boolean }): void;
  putObject(bucket: string, key: string, bytes: Uint8Array): Promise<void>;
  /** What is stored now, for whoever checks. */
  objects(bucket: string): ReadonlyMap<string, StoredObject>;
  /** Told of every object that is written or deleted (then without `object`). */
  onChange(listener: (bucket: string, key: string, object: StoredObject | undefined) => void): void;
}

interface KeyInput {
  Bucket: string;
  Key: string;
}

const MOST_KEYS = 1000;

export function createMemoryS3(options: { clock: Clock; emitEvent: EmitEvent }): MemoryS3 {
  const { clock } = options;
  const buckets = new Map<string, Bucket>();
  const listeners: ((bucket: string, key: string, object: StoredObject | undefined) => void)[] = [];
  const bucketOf = (name: string): Bucket => {
    const bucket = buckets.get(name);
    if (bucket) return bucket;
    throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', { statusCode: 404 });
  };
  const put = (name: string, key: string, body: Buffer): StoredObject => {
    const bucket = bucketOf(name);
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    const object = { body, etag, writtenAtMs: Math.floor(clock.now() / 1000) * 1000 };
    bucket.objects.set(key, object);
    for (const listener of listeners) listener(name, key, object);
    if (bucket.hasEvents) options.emitEvent(createdEvent(name, key, object));
    return object;
  };
  const remove = (name: string, key: string) => {
    if (!bucketOf(name).objects.delete(key)) return;
    for (const listener of listeners) listener(name, key, undefined);
  };
  const operations: Record<string, Operation> = {
    PutObject: async (input: KeyInput & { Body?: string | Uint8Array; IfNoneMatch?: string; IfMatch?: string }) => {
      const known = bucketOf(input.Bucket).objects.get(input.Key);
      checkConditions(input, known);
      return { ETag: put(input.Bucket, input.Key, Buffer.from(input.Body ?? '')).etag };
    },
    GetObject: async ({ Bucket, Key }: KeyInput) => {
      const object = bucketOf(Bucket).objects.get(Key);
      if (!object) throw new AwsError('NoSuchKey', 'The specified key does not exist.', { statusCode: 404 });
      return { ...describe(object), Body: bodyOf(object.body) };
    },
    HeadObject: async ({ Bucket, Key }: KeyInput) => {
      const object = bucketOf(Bucket).objects.get(Key);
      // A HEAD has no body that could name the error.
      if (!object) throw new AwsError('NotFound', 'UnknownError', { statusCode: 404 });
      return describe(object);
    },
    HeadBucket: async ({ Bucket }: { Bucket: string }) => {
      if (!buckets.has(Bucket)) throw new AwsError('NotFound', 'UnknownError', { statusCode: 404 });
      return {};
    },
    DeleteObject: async ({ Bucket, Key }: KeyInput) => {
      remove(Bucket, Key);
      return {};
    },
    DeleteObjects: async ({ Bucket, Delete }: { Bucket: string; Delete: { Objects: { Key: string }[] } }) => {
      for (const { Key } of Delete.Objects) remove(Bucket, Key);
      return {};
    },
    ListObjectsV2: async (input: ListInput) => list(bucketOf(input.Bucket).objects, input),
  };
  return {
    service: { id: 's3', operations },
    createBucket: (name, { eventBridge }) => {
      if (!buckets.has(name)) buckets.set(name, { hasEvents: eventBridge, objects: new Map() });
    },
    putObject: async (bucket, key, bytes) => void put(bucket, key, Buffer.from(bytes)),
    objects: (bucket) => bucketOf(bucket).objects,
    onChange: (listener) => void listeners.push(listener),
  };
}

/** @throws AwsError PreconditionFailed */
function checkConditions(input: { IfNoneMatch?: string; IfMatch?: string }, known: StoredObject | undefined): void {
  const isRefused =
    (input.IfNoneMatch === '*' && known !== undefined) ||
    (input.IfMatch !== undefined && input.IfMatch !== known?.etag);
  if (!isRefused) return;
  throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    statusCode: 412,
  });
}

const describe = ({ body, etag, writtenAtMs }: StoredObject) => ({
  ContentLength: body.length,
  ETag: etag,
  LastModified: new Date(writtenAtMs),
});

/** As far as the adapters use a body. */
function bodyOf(body: Buffer) {
  return {
    transformToString: async (encoding: BufferEncoding = 'utf8') => body.toString(encoding),
    transformToByteArray: async () => new Uint8Array(body),
    transformToWebStream: () => ({ cancel: async () => undefined }),
  };
}

interface ListInput {
  Bucket: string;
  Prefix?: string;
  MaxKeys?: number;
  ContinuationToken?: string;
  StartAfter?: string;
}

function list(objects: ReadonlyMap<string, StoredObject>, input: ListInput): object {
  const { Prefix = '', MaxKeys = MOST_KEYS } = input;
  const after = input.ContinuationToken ?? input.StartAfter ?? '';
  const keys: string[] = [];
  for (const key of objects.keys()) if (key.startsWith(Prefix) && key > after) keys.push(key);
  keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const page = keys.slice(0, Math.min(MaxKeys, MOST_KEYS));
  const last = page.at(-1);
  const Contents = page.flatMap((Key) => {
    const object = objects.get(Key);
    return object
      ? [{ Key, Size: object.body.length, ETag: object.etag, LastModified: new Date(object.writtenAtMs) }]
      : [];
  });
  const isMore = last !== undefined && page.length < keys.length;
  return {
    Contents,
    KeyCount: Contents.length,
    IsTruncated: isMore,
    ...(isMore ? { NextContinuationToken: last } : {}),
  };
}

function createdEvent(bucket: string, key: string, { body, etag }: StoredObject) {
  return {
    source: 'aws.s3',
    'detail-type': 'Object Created',
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: { key, size: body.length, etag: etag.replaceAll('"', '') },
      reason: 'PutObject',
    },
  };
}
