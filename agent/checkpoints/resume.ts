/**
 * The checkpoint to go on from: the newest whose every file has the size and SHA-256 that its manifest says. One that is
 * torn, truncated or corrupt is skipped, and said to be. One that was saved while the loss was no number is taken only
 * where there is no other.
 */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CheckpointManifest, isDoubtful } from '../../core/checkpoints/checkpoint';
import type { ShardSet } from '../../core/checkpoints/shard-set';
import { checkpointPrefix } from '../../core/s3-layout';
import { inParallel } from '../parallel';
import type { Clock, Log, ObjectStore } from '../ports';
import { isRefusal, nameOf, retry, STORAGE_PATIENCE_MS } from '../retry';
import { makeFolderInside } from '../safe-path';
import { ManifestReader } from './manifests';
import { filesFor, shardSetOf } from './shards';

export interface ResumeOptions {
  clock: Clock;
  log: Log;
  warn: Log;
  store: ObjectStore;
  bucket: string;
  /** User ids, newest attempt first. */
  candidates: readonly string[];
  /** This node's: of a checkpoint in shards it takes its own, and of the others what it lacks. */
  rank: number;
  checkpointFolder: string;
  /** The checkpoint folder may be a link, but not to a place outside of this one. */
  root: string;
  /** For what is not verified yet; on the same disk. */
  scratchFolder: string;
  onBytes: (bytes: number) => void;
}

export interface Resumed {
  manifest: CheckpointManifest;
  path: string;
  /** Newer ones that were saved while the loss was no number, newest first. */
  passedOver: CheckpointManifest[];
}

const PARALLEL_FILES = 4;

class NotVerified extends Error {
  override readonly name = 'NotVerified';
}

/** Brings the newest verified checkpoint into the checkpoint folder under its own name; undefined when there is none. */
export async function resume(options: ResumeOptions): Promise<Resumed | undefined> {
  const reader = new ManifestReader(options);
  const doubtful: CheckpointManifest[] = [];
  for (const userId of options.candidates) {
    const manifests = await reader.of(userId);
    for (const manifest of manifests) {
      // The leader's shard speaks for all of them: they are looked for from it.
      if ((manifest.shard?.rank ?? 0) !== 0) continue;
      if (isDoubtful(manifest, manifests)) doubtful.push(manifest);
      else {
        const path = await tryOne(manifest, reader, options);
        if (path !== undefined) return { manifest, path, passedOver: doubtful };
      }
    }
  }
  for (const manifest of doubtful) {
    const path = await tryOne(manifest, reader, options);
    if (path !== undefined) return { manifest, path, passedOver: [] };
  }
  return undefined;
}

/** Undefined, with a warning, when it is not whole. */
async function tryOne(
  manifest: CheckpointManifest,
  reader: ManifestReader,
  options: ResumeOptions,
): Promise<string | undefined> {
  try {
    return await fetchVerified(await wholeSet(manifest, reader, options), options);
  } catch (error) {
    if (!(error instanceof NotVerified)) throw error;
    const what = `Checkpoint ${manifest.name} (attempt ${manifest.attempt}, number ${manifest.sequence})`;
    options.warn(`${what} is skipped: ${error.message}. The one before it is tried.`);
    return undefined;
  } finally {
    rmSync(options.scratchFolder, { recursive: true, force: true });
  }
}

/** Every shard, of nodes that the lease names only. */
async function wholeSet(
  manifest: CheckpointManifest,
  reader: ManifestReader,
  { candidates }: ResumeOptions,
): Promise<ShardSet> {
  const unknown = manifest.shard?.userIds.filter((userId) => !candidates.includes(userId)) ?? [];
  if (unknown.length > 0) throw new NotVerified(`it names nodes that are not the session's: ${unknown.join(', ')}`);
  const set = await shardSetOf(manifest, reader);
  if (set.missing.length === 0) return set;
  throw new NotVerified(`it is torn: the shard of node ${set.missing.join(', ')} is missing`);
}

async function fetchVerified({ shards }: ShardSet, options: ResumeOptions): Promise<string> {
  const { scratchFolder, checkpointFolder, root, rank } = options;
  const [{ name, kind }] = shards as [CheckpointManifest];
  const base = kind === 'folder' ? join(scratchFolder, name) : scratchFolder;
  const files = filesFor(rank, shards);
  await inParallel(files, PARALLEL_FILES, ({ manifest, file }) => fetchFile(manifest, file, base, options));
  makeFolderInside(root, checkpointFolder);
  // A group's files lie side by side; a file or folder is one.
  const parts = kind === 'group' ? files.map(({ file }) => file.path) : [name];
  for (const part of parts) {
    rmSync(join(checkpointFolder, part), { recursive: true, force: true });
    renameSync(join(scratchFolder, part), join(checkpointFolder, part));
  }
  return join(checkpointFolder, name);
}

async function fetchFile(
  { userId, sequence }: CheckpointManifest,
  file: CheckpointManifest['files'][number],
  base: string,
  options: ResumeOptions,
): Promise<void> {
  const { store, bucket, onBytes } = options;
  const path = join(base, file.path);
  mkdirSync(dirname(path), { recursive: true });
  const key = `${checkpointPrefix(userId, sequence)}${file.path}`;
  const { clock, log } = options;
  const what = `downloading ${file.path}`;
  const isFinal = (error: unknown) => isRefusal(error) || error instanceof NotVerified;
  await retry(
    async () => {
      const got = await store.download({ bucket, key }, path, onBytes).catch((error: unknown) => {
        if (nameOf(error) === 'NoSuchKey') throw new NotVerified(`${file.path} is missing`);
        throw error;
      });
      if (got.sizeBytes !== file.sizeBytes) {
        throw new NotVerified(`${file.path} has ${got.sizeBytes} bytes where the manifest says ${file.sizeBytes}`);
      }
      if (got.sha256 !== file.sha256) throw new NotVerified(`${file.path} has another SHA-256 than the manifest says`);
    },
    { clock, log, what, giveUpAfterMs: STORAGE_PATIENCE_MS, isFinal },
  );
}

export const describeResume = ({ manifest }: Resumed) =>
  `resuming from ${manifest.name} (attempt ${manifest.attempt}, number ${manifest.sequence}, step ${manifest.step ?? 'unknown'})`;
