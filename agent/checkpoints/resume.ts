/**
 * The checkpoint to go on from: the newest whose every file has the size and SHA-256 that its manifest says. One that is
 * torn, truncated or corrupt is skipped, and said to be.
 */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CheckpointManifest, checkpointManifestSchema, newestFirst } from '../../core/checkpoint';
import { CHECKPOINT_MANIFEST, checkpointPrefix, checkpointsPrefix } from '../../core/s3-layout';
import { inParallel } from '../parallel';
import type { Clock, Log, ObjectStore } from '../ports';
import { isRefusal, nameOf, retry } from '../retry';
import { isSafePath } from '../safe-path';

export interface ResumeOptions {
  clock: Clock;
  log: Log;
  warn: Log;
  store: ObjectStore;
  bucket: string;
  /** User ids, newest attempt first. */
  candidates: readonly string[];
  checkpointFolder: string;
  /** For what is not verified yet; on the same disk. */
  scratchFolder: string;
  onBytes: (bytes: number) => void;
}

export interface Resumed {
  manifest: CheckpointManifest;
  path: string;
}

const PATIENCE_MS = 10 * 60_000;
const PARALLEL_FILES = 4;

class NotVerified extends Error {
  override readonly name = 'NotVerified';
}

/** Brings the newest verified checkpoint into the checkpoint folder under its own name; undefined when there is none. */
export async function resume(options: ResumeOptions): Promise<Resumed | undefined> {
  for (const userId of options.candidates) {
    for (const manifest of newestFirst(await manifestsOf(userId, options))) {
      try {
        return { manifest, path: await fetchVerified(manifest, options) };
      } catch (error) {
        if (!(error instanceof NotVerified)) throw error;
        const what = `Checkpoint ${manifest.name} (attempt ${manifest.attempt}, number ${manifest.sequence})`;
        options.warn(`${what} is skipped: ${error.message}. The one before it is tried.`);
      } finally {
        rmSync(options.scratchFolder, { recursive: true, force: true });
      }
    }
  }
  return undefined;
}

const patiently = <T>({ clock, log }: ResumeOptions, what: string, task: () => Promise<T>) =>
  retry(task, {
    clock,
    log,
    what,
    giveUpAfterMs: PATIENCE_MS,
    isFinal: (e) => isRefusal(e) || e instanceof NotVerified,
  });

async function manifestsOf(userId: string, options: ResumeOptions): Promise<CheckpointManifest[]> {
  const { store, bucket, warn } = options;
  const prefix = checkpointsPrefix(userId);
  const objects = await patiently(options, 'listing checkpoints', () => store.list({ bucket, key: prefix }));
  const sizes = new Map(objects.map(({ key, sizeBytes }) => [key, sizeBytes]));
  const keys = [...sizes.keys()].filter((key) => /^\d{6,}\/manifest\.json$/.test(key.slice(prefix.length)));
  const found = await inParallel(keys, PARALLEL_FILES, async (key) => {
    const stored = await patiently(options, 'reading a manifest', () => store.getText({ bucket, key }, MANIFEST_BYTES));
    const manifest = stored && parseManifest(stored.text);
    if (manifest && isSound(manifest, userId, key)) return manifest;
    warn(`The checkpoint manifest ${key} cannot be read and is skipped.`);
    return undefined;
  });
  return found.filter((manifest) => manifest !== undefined);
}

const MANIFEST_BYTES = 16 * 2 ** 20;

function parseManifest(text: string): CheckpointManifest | undefined {
  try {
    return checkpointManifestSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** A manifest speaks for its own place only, and names no path outside it. */
function isSound(manifest: CheckpointManifest, userId: string, key: string): boolean {
  return (
    manifest.userId === userId &&
    key === `${checkpointPrefix(userId, manifest.sequence)}${CHECKPOINT_MANIFEST}` &&
    isSafePath(manifest.name) &&
    !manifest.name.includes('/') &&
    manifest.files.every(({ path }) => isSafePath(path)) &&
    (manifest.kind === 'folder' || (manifest.files.length === 1 && manifest.files[0]?.path === manifest.name))
  );
}

async function fetchVerified(manifest: CheckpointManifest, options: ResumeOptions): Promise<string> {
  const { scratchFolder, checkpointFolder } = options;
  const base = manifest.kind === 'folder' ? join(scratchFolder, manifest.name) : scratchFolder;
  await inParallel(manifest.files, PARALLEL_FILES, (file) => fetchFile(manifest, file, base, options));
  const target = join(checkpointFolder, manifest.name);
  mkdirSync(checkpointFolder, { recursive: true });
  rmSync(target, { recursive: true, force: true });
  renameSync(join(scratchFolder, manifest.name), target);
  return target;
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
  await patiently(options, `downloading ${file.path}`, async () => {
    const got = await store.download({ bucket, key }, path, onBytes).catch((error: unknown) => {
      if (nameOf(error) === 'NoSuchKey') throw new NotVerified(`${file.path} is missing`);
      throw error;
    });
    if (got.sizeBytes !== file.sizeBytes) {
      throw new NotVerified(`${file.path} has ${got.sizeBytes} bytes where the manifest says ${file.sizeBytes}`);
    }
    if (got.sha256 !== file.sha256) throw new NotVerified(`${file.path} has another SHA-256 than the manifest says`);
  });
}

export const describeResume = ({ manifest }: Resumed) =>
  `resuming from ${manifest.name} (attempt ${manifest.attempt}, number ${manifest.sequence}, step ${manifest.step ?? 'unknown'})`;
