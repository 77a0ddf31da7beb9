/** Reads of the bucket that the quickstart needs. */
import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';

export async function readBytes(s3: S3Client, bucket: string, key: string): Promise<Uint8Array | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return await Body?.transformToByteArray();
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

export async function readText(s3: S3Client, bucket: string, key: string): Promise<string | undefined> {
  const bytes = await readBytes(s3, bucket, key);
  return bytes && Buffer.from(bytes).toString('utf8');
}

/** The JSON in an object; undefined when there is none. */
export async function readJson(s3: S3Client, bucket: string, key: string): Promise<unknown> {
  const text = await readText(s3, bucket, key);
  return text === undefined ? undefined : JSON.parse(text);
}

/** Keys below a prefix, in S3's order. */
export async function listKeys(s3: S3Client, bucket: string, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(token && { ContinuationToken: token }) }),
    );
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return keys;
}
