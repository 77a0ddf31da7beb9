/** Objects in S3. What nodes wrote is untrusted: no more of it is read than `maxBytes`. */
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { RunctlError } from '../core/errors';
import { onDisk } from '../core/plan/disk-room';
import type { ObjectStore, Probe, StoredObject, StoredSize } from '../core/ports';
import { parseS3Uri, type S3Location } from '../core/s3-layout';
import { hasCode, httpStatusOf } from './errors';
import { pages } from './pages';

const DEFAULT_MAX_BYTES = 1024 * 1024;

export class S3ObjectStore implements ObjectStore {
  constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
  ) {}

  async get(key: string, options: { bucket?: string; maxBytes?: number } = {}): Promise<StoredObject | undefined> {
    const { bucket = this.bucket, maxBytes = DEFAULT_MAX_BYTES } = options;
    try {
      const { Body, ContentLength, LastModified } = await this.client.send(
        new GetObjectCommand({ Bucket: bucket, Key: key }),
      );
      if (Body === undefined || LastModified === undefined) throw new Error('S3 answered without a body or a date.');
      if (ContentLength === undefined || ContentLength > maxBytes) {
        await Body.transformToWebStream().cancel();
        return undefined;
      }
      return { text: await Body.transformToString('utf8'), writtenAt: LastModified.toISOString() };
    } catch (error) {
      if (hasCode(error, 'NoSuchKey', 'NotFound')) return undefined;
      throw error;
    }
  }

  async put(key: string, text: string, contentType = 'application/json'): Promise<void> {
    await this.client.send(
      new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: text, ContentType: contentType }),
    );
  }

  async probe(uri: string): Promise<Probe> {
    const { bucket, key } = locate(uri);
    try {
      if (key === '') {
        await this.client.send(new HeadBucketCommand({ Bucket: bucket }));
        return 'found';
      }
      if (key.endsWith('/')) {
        const { KeyCount } = await this.client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1 }),
        );
        return (KeyCount ?? 0) > 0 ? 'found' : 'missing';
      }
      await this.client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      return 'found';
    } catch (error) {
      return probeOf(error, key);
    }
  }

  async measure(uri: string, mostObjects: number): Promise<StoredSize | null> {
    const location = locate(uri);
    try {
      if (location.key !== '' && !location.key.endsWith('/')) {
        const { ContentLength = 0 } = await this.client.send(
          new HeadObjectCommand({ Bucket: location.bucket, Key: location.key }),
        );
        return { diskBytes: onDisk(ContentLength), objects: 1, isAll: true };
      }
      const size = { diskBytes: 0, objects: 0 };
      for await (const { sizeBytes } of this.list(location)) {
        if (size.objects === mostObjects) return { ...size, isAll: false };
        size.diskBytes += onDisk(sizeBytes);
        size.objects += 1;
      }
      return { ...size, isAll: true };
    } catch {
      return null;
    }
  }

  async *list({ bucket, key: prefix }: S3Location): AsyncGenerator<{ key: string; sizeBytes: number }> {
    const objects = pages(async (token) => {
      const { Contents, NextContinuationToken } = await this.client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      );
      return { items: Contents, next: NextContinuationToken };
    });
    for await (const { Key, Size } of objects) if (Key !== undefined) yield { key: Key, sizeBytes: Size ?? 0 };
  }

  /** S3 answers 200 also when it has refused some of the keys. */
  async remove(keys: readonly string[]): Promise<void> {
    const { Errors } = await this.client.send(
      new DeleteObjectsCommand({
        Bucket: this.bucket,
        Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true },
      }),
    );
    const [first] = Errors ?? [];
    if (first === undefined) return;
    throw Object.assign(new Error(`${first.Key} could not be deleted: ${first.Message}`), { name: first.Code });
  }
}

function locate(uri: string): S3Location {
  const location = parseS3Uri(uri);
  if (location === undefined) throw new RunctlError('ConfigInvalid', `Not an S3 address: ${uri}`);
  return location;
}

/** A HEAD has no body, so that only the status tells; S3 answers 403 for a missing key whose prefix may not be listed. */
function probeOf(error: unknown, key: string): Probe {
  if (hasCode(error, 'NoSuchBucket')) return 'no bucket';
  switch (httpStatusOf(error)) {
    case 404:
      return key === '' ? 'no bucket' : 'missing';
    case 403:
    case 401:
      return 'denied';
    case 301:
    case 307:
    case 400:
      return 'other region';
    default:
      throw error;
  }
}
