/** The manifests of a node's checkpoints, read and checked. */
import { type CheckpointManifest, checkpointManifestSchema, newestFirst } from '../../core/checkpoints/checkpoint';
import { CHECKPOINT_MANIFEST, checkpointPrefix, checkpointsPrefix } from '../../core/s3-layout';
import { inParallel } from '../parallel';
import type { Clock, Log, ObjectStore } from '../ports';
import { isRefusal, retry, STORAGE_PATIENCE_MS } from '../retry';
import { isSafePath } from '../safe-path';

export interface ManifestReaderOptions {
  clock: Clock;
  log: Log;
  warn: Log;
  store: ObjectStore;
  bucket: string;
}

const PARALLEL_MANIFESTS = 4;
const MANIFEST_BYTES = 16 * 2 ** 20;

/** Manifests never change once written: each is read once. */
export class ManifestReader {
  readonly #read = new Map<string, CheckpointManifest | undefined>();

  constructor(private readonly options: ManifestReaderOptions) {}

  /** What a node has committed and not deleted, newest first. What cannot be read is skipped, and said to be. */
  async of(userId: string): Promise<CheckpointManifest[]> {
    const { store, bucket } = this.options;
    const prefix = checkpointsPrefix(userId);
    const objects = await this.#patiently('listing checkpoints', () => store.list({ bucket, key: prefix }));
    const keys = objects
      .map(({ key }) => key)
      .filter((key) => /^\d{6,}\/manifest\.json$/.test(key.slice(prefix.length)));
    await inParallel(keys, PARALLEL_MANIFESTS, (key) => this.#readOnce(userId, key));
    return newestFirst(keys.flatMap((key) => this.#read.get(key) ?? []));
  }

  async #readOnce(userId: string, key: string): Promise<void> {
    if (this.#read.has(key)) return;
    const { store, bucket, warn } = this.options;
    const stored = await this.#patiently('reading a manifest', () => store.getText({ bucket, key }, MANIFEST_BYTES));
    const manifest = stored && parse(stored.text);
    const isGood = manifest !== undefined && isSound(manifest, userId, key);
    if (!isGood) warn(`The checkpoint manifest ${key} cannot be read and is skipped.`);
    this.#read.set(key, isGood ? manifest : undefined);
  }

  #patiently<T>(what: string, task: () => Promise<T>): Promise<T> {
    const { clock, log } = this.options;
    return retry(task, { clock, log, what, giveUpAfterMs: STORAGE_PATIENCE_MS, isFinal: isRefusal });
  }
}

function parse(text: string): CheckpointManifest | undefined {
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
    (manifest.shard === undefined || manifest.shard.userIds[manifest.shard.rank] === userId) &&
    manifest.files.every(({ path }) => isSafePath(path) && isOwnPath(manifest, path))
  );
}

function isOwnPath({ kind, name }: CheckpointManifest, path: string): boolean {
  switch (kind) {
    case 'folder':
      return true;
    case 'file':
      return path === name;
    case 'group':
      return !path.includes('/') && path.startsWith(`${name}.`);
  }
}
