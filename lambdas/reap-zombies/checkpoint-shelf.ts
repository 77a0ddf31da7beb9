/** The checkpoints of one node in the bucket. What nodes wrote is believed only as far as it was looked at. */
import { type CheckpointManifest, checkpointManifestSchema } from '../../core/checkpoints/checkpoint';
import { storedProblems } from '../../core/checkpoints/stored-files';
import type { ObjectStore } from '../../core/ports';
import { CHECKPOINT_MANIFEST, checkpointPrefix, checkpointsPrefix } from '../../core/s3-layout';

export interface ShelfDeps {
  objects: Pick<ObjectStore, 'get' | 'list' | 'remove'>;
  bucket: string;
}

export interface Shelf {
  /** Newest first: with a manifest. */
  committed: number[];
  /** Without one: torn, or half deleted. */
  torn: number[];
  sizeBytes: number;
}

/** A checkpoint of many files has a manifest of some 200 bytes for each. */
const MANIFEST_BYTES = 16 * 2 ** 20;
/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const KEYS_PER_CALL = 1000;

export async function surveyShelf({ objects, bucket }: ShelfDeps, userId: string): Promise<Shelf> {
  const prefix = checkpointsPrefix(userId);
  const hasManifest = new Map<number, boolean>();
  let sizeBytes = 0;
  for await (const object of objects.list({ bucket, key: prefix })) {
    const [folder = '', name] = object.key.slice(prefix.length).split('/');
    sizeBytes += object.sizeBytes;
    if (!/^\d{6,}$/.test(folder)) continue;
    const sequence = Number(folder);
    hasManifest.set(sequence, (hasManifest.get(sequence) ?? false) || name === CHECKPOINT_MANIFEST);
  }
  const sequences = [...hasManifest.keys()].sort((a, b) => b - a);
  return {
    committed: sequences.filter((sequence) => hasManifest.get(sequence)),
    torn: sequences.filter((sequence) => !hasManifest.get(sequence)),
    sizeBytes,
  };
}

/** Undefined when it is not readable, or does not speak for its own place. */
export async function readManifest(
  { objects }: Pick<ShelfDeps, 'objects'>,
  userId: string,
  sequence: number,
): Promise<CheckpointManifest | undefined> {
  const key = `${checkpointPrefix(userId, sequence)}${CHECKPOINT_MANIFEST}`;
  const stored = await objects.get(key, { maxBytes: MANIFEST_BYTES });
  const { data } = checkpointManifestSchema.safeParse(parseJson(stored?.text));
  return data?.userId === userId && data.sequence === sequence ? data : undefined;
}

/**
 * Its manifest is good, and every file of it is listed with its size. One that was saved while the loss was no number is
 * whole, but takes no other's place.
 */
export async function isVerified({ objects, bucket }: ShelfDeps, userId: string, sequence: number): Promise<boolean> {
  const manifest = await readManifest({ objects }, userId, sequence);
  if (manifest === undefined || manifest.notFinite !== undefined) return false;
  const prefix = checkpointPrefix(userId, sequence);
  const sizes = new Map<string, number>();
  for await (const { key, sizeBytes } of objects.list({ bucket, key: prefix })) sizes.set(key, sizeBytes);
  const files = manifest.files.map(({ path, sizeBytes }) => ({ name: `${prefix}${path}`, sizeBytes }));
  return storedProblems(files, sizes).length === 0;
}

/** The manifest first: without it the rest is no checkpoint, and is never taken for one. */
export async function removeCheckpoint(deps: ShelfDeps, userId: string, sequence: number): Promise<void> {
  const prefix = checkpointPrefix(userId, sequence);
  await deps.objects.remove([`${prefix}${CHECKPOINT_MANIFEST}`]);
  await removeBelow(deps, prefix);
}

/** Everything; manifests first. */
export async function clearShelf(deps: ShelfDeps, userId: string): Promise<void> {
  const { committed } = await surveyShelf(deps, userId);
  for (const sequence of committed) await removeCheckpoint(deps, userId, sequence);
  await removeBelow(deps, checkpointsPrefix(userId));
}

async function removeBelow({ objects, bucket }: ShelfDeps, prefix: string): Promise<void> {
  let keys: string[] = [];
  for await (const { key } of objects.list({ bucket, key: prefix })) {
    keys.push(key);
    if (keys.length < KEYS_PER_CALL) continue;
    await objects.remove(keys);
    keys = [];
  }
  if (keys.length > 0) await objects.remove(keys);
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
