/** Reading objects of S3. */
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { S3Location } from '../../core/s3-layout';

export interface ListedObject {
  key: string;
  sizeBytes: number;
}

/** What nodes wrote is untrusted: no more of it is read. */
const MOST_BYTES = 4 * 1024 * 1024;

/** undefined when it is not there, or is not JSON. */
export async function readJson(s3: S3Client, { bucket, key }: S3Location): Promise<unknown> {
  const text = await readText(s3, { bucket, key });
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

export async function readText(
  s3: S3Client,
  { bucket, key }: S3Location,
  maxBytes = MOST_BYTES,
): Promise<string | undefined> {
  try {
    const { Body, ContentLength = 0 } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    if (ContentLength > maxBytes) {
      await Body?.transformToWebStream().cancel();
      return undefined;
    }
    return await Body?.transformToString('utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export async function listObjects(s3: S3Client, { bucket, key: prefix }: S3Location): Promise<ListedObject[]> {
  const found: ListedObject[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(token ? { ContinuationToken: token } : {}) }),
    );
    for (const { Key, Size } of page.Contents ?? []) if (Key) found.push({ key: Key, sizeBytes: Size ?? 0 });
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return found;
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && ['NoSuchKey', 'NotFound', 'NoSuchBucket'].includes(error.name);
}
