/** Brings code and data onto the instance. */
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseS3Uri, type S3Location, s3Uri } from '../core/s3-layout';
import { isPrefix, type StageOptions, stageObjects } from './staging/stage-objects';
import { archiveKind, unpack } from './unpack';

/** An archive is unpacked into `folder`, a prefix copied into it. */
export async function stageCode(
  uri: string | null,
  folder: string,
  scratch: string,
  options: StageOptions,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const location = uri === null ? undefined : locate(uri);
  if (location === undefined) return;
  if (isPrefix(location)) return stageObjects('code', location, folder, options);
  const kind = archiveKind(location.key);
  if (kind === undefined)
    throw new Error(`code must be a .tar.gz, .tgz, .tar, .zip or a prefix ending in /: ${s3Uri(location)}`);
  await rm(scratch, { recursive: true, force: true });
  try {
    await stageObjects('code', location, scratch, options);
    await unpack(kind, join(scratch, basename(location.key)), folder);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** An object keeps its name; a prefix is copied into `folder`. What an earlier process of the agent brought stays. */
export async function stageData(uri: string | null, folder: string, options: StageOptions): Promise<void> {
  await mkdir(folder, { recursive: true });
  const location = uri === null ? undefined : locate(uri);
  if (location !== undefined) await stageObjects('data', location, folder, options);
}

function locate(uri: string): S3Location {
  const location = parseS3Uri(uri);
  if (location === undefined) throw new Error(`not an S3 address: ${uri}`);
  return location;
}
