/** Brings objects to this machine, each checked against the hash that its manifest has. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { parseS3Uri } from '../../core/s3-layout';
import { CliError } from '../cli-error';
import { isMissing } from './objects';

export interface RemoteFile {
  uri: string;
  /** Below the folder. */
  path: string;
  sizeBytes: number;
  sha256: string;
}

export interface DownloadOptions {
  folder: string;
  files: readonly RemoteFile[];
  signal: AbortSignal;
  onBytes: (sizeBytes: number) => void;
}

/** A file is there whole and verified, or not at all. Returns what is wrong, one text for each such file. */
export async function downloadFiles(s3: S3Client, options: DownloadOptions): Promise<string[]> {
  const problems: string[] = [];
  for (const file of options.files) {
    options.signal.throwIfAborted();
    const problem = await downloadFile(s3, file, options);
    if (problem !== undefined) problems.push(problem);
  }
  return problems;
}

async function downloadFile(
  s3: S3Client,
  { uri, path, sha256 }: RemoteFile,
  { folder, signal, onBytes }: DownloadOptions,
): Promise<string | undefined> {
  const target = safeTarget(folder, path);
  const location = parseS3Uri(uri);
  if (location === undefined) return `${path}: the manifest has no S3 address for it`;
  const draft = `${target}.part`;
  await mkdir(dirname(target), { recursive: true });
  const hash = createHash('sha256');
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: location.bucket, Key: location.key }));
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        onBytes(chunk.length);
        done(null, chunk);
      },
    });
    await pipeline(Body as Readable, counted, createWriteStream(draft), { signal });
  } catch (error) {
    await rm(draft, { force: true });
    if (isMissing(error)) return `${path} is missing`;
    throw error;
  }
  if (hash.digest('hex') !== sha256) {
    await rm(draft, { force: true });
    return `${path} differs from what was uploaded (SHA-256)`;
  }
  await rename(draft, target);
  return undefined;
}

/** The manifest is a node's word: a name in it must not lead out of the folder. */
function safeTarget(folder: string, path: string): string {
  const target = resolve(folder, path);
  if (target.startsWith(resolve(folder) + sep)) return target;
  throw new CliError(
    `The manifest names ${JSON.stringify(path)}, which leads out of the folder. Nothing more was written.`,
  );
}
