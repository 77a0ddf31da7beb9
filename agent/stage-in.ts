/** Brings code and data onto the instance. */
import { mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseS3Uri, type S3Location, s3Uri } from '../core/s3-layout';
import { inParallel } from './parallel';
import type { Clock, Log, ObjectStore } from './ports';
import { isRefusal, retry } from './retry';
import { isSafePath } from './safe-path';
import { archiveKind, unpack } from './unpack';

export interface StageInOptions {
  clock: Clock;
  log: Log;
  store: ObjectStore;
  /** Share of the bytes that are there, 0..1; null when unknown. */
  onFraction: (fraction: number | null) => void;
}

const PARALLEL_FILES = 8;
const PATIENCE_MS = 10 * 60_000;

/** An archive is unpacked into `folder`, a prefix copied into it. */
export async function stageCode(
  uri: string | null,
  folder: string,
  scratch: string,
  options: StageInOptions,
): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const location = uri === null ? undefined : locate(uri);
  if (location === undefined) return;
  if (isPrefix(location)) return fetchPrefix(location, folder, options);
  const kind = archiveKind(location.key);
  if (kind === undefined)
    throw new Error(`code must be a .tar.gz, .tgz, .tar, .zip or a prefix ending in /: ${s3Uri(location)}`);
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  try {
    const archive = join(scratch, 'archive');
    await fetchOne(location, archive, options);
    await unpack(kind, archive, folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** An object keeps its name; a prefix is copied into `folder`. */
export async function stageData(uri: string | null, folder: string, options: StageInOptions): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const location = uri === null ? undefined : locate(uri);
  if (location === undefined) return;
  if (isPrefix(location)) return fetchPrefix(location, folder, options);
  const name = basename(location.key);
  if (!isSafePath(name)) throw new Error(`the key ${JSON.stringify(location.key)} cannot be a file name`);
  await fetchOne(location, join(folder, name), options);
}

function locate(uri: string): S3Location {
  const location = parseS3Uri(uri);
  if (location === undefined) throw new Error(`not an S3 address: ${uri}`);
  return location;
}

const isPrefix = ({ key }: S3Location) => key === '' || key.endsWith('/');

async function fetchPrefix(prefix: S3Location, folder: string, options: StageInOptions): Promise<void> {
  const { clock, log, store, onFraction } = options;
  const what = `listing ${s3Uri(prefix)}`;
  const listed = await retry(() => store.list(prefix), {
    clock,
    log,
    what,
    giveUpAfterMs: PATIENCE_MS,
    isFinal: isRefusal,
  });
  // Keys ending in / are the "folders" that consoles make.
  const objects = listed.filter(({ key }) => !key.endsWith('/'));
  if (objects.length === 0) throw new Error(`there is nothing at ${s3Uri(prefix)}`);
  const totalBytes = objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let bytes = 0;
  await inParallel(objects, PARALLEL_FILES, async ({ key }) => {
    const path = key.slice(prefix.key.length);
    if (!isSafePath(path)) throw new Error(`the key ${JSON.stringify(key)} cannot be a file name`);
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    await fetchFile({ bucket: prefix.bucket, key }, join(folder, path), options, (count) => {
      bytes += count;
      onFraction(totalBytes === 0 ? null : Math.min(1, bytes / totalBytes));
    });
  });
}

async function fetchOne(location: S3Location, path: string, options: StageInOptions): Promise<void> {
  await fetchFile(location, path, options, () => {});
}

async function fetchFile(
  location: S3Location,
  path: string,
  { clock, log, store }: StageInOptions,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const what = `downloading ${s3Uri(location)}`;
  await retry(() => store.download(location, path, onBytes), {
    clock,
    log,
    what,
    giveUpAfterMs: PATIENCE_MS,
    isFinal: isRefusal,
  }).catch((error: unknown) => {
    throw new Error(`${what}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`, {
      cause: error,
    });
  });
}
