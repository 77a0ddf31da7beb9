/** Puts files into the bucket. Keys are named by what they hold: what is there already is not sent again. */
import { createReadStream } from 'node:fs';
import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { UploadFile } from '../spec/local-sources';
import { isMissing } from './objects';

export interface UploadOptions {
  bucket: string;
  files: readonly UploadFile[];
  signal: AbortSignal;
  onBytes: (sizeBytes: number) => void;
}

/** Returns how many bytes were sent. */
export async function uploadFiles(s3: S3Client, options: UploadOptions): Promise<number> {
  const { bucket, files, signal, onBytes } = options;
  let sentBytes = 0;
  for (const { path, key, sizeBytes } of files) {
    signal.throwIfAborted();
    if (await isThere(s3, { bucket, key, sizeBytes })) {
      onBytes(sizeBytes);
      continue;
    }
    const upload = new Upload({ client: s3, params: { Bucket: bucket, Key: key, Body: createReadStream(path) } });
    const abort = () => void upload.abort();
    signal.addEventListener('abort', abort, { once: true });
    let told = 0;
    upload.on('httpUploadProgress', ({ loaded = 0 }) => {
      onBytes(loaded - told);
      told = loaded;
    });
    try {
      await upload.done();
    } finally {
      signal.removeEventListener('abort', abort);
    }
    sentBytes += sizeBytes;
  }
  return sentBytes;
}

async function isThere(
  s3: S3Client,
  { bucket, key, sizeBytes }: { bucket: string; key: string; sizeBytes: number },
): Promise<boolean> {
  try {
    const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return ContentLength === sizeBytes;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
