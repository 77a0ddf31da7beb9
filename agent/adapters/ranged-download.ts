/** A large object into a new file, in ranges side by side: one connection to S3 brings no more than some 90 MB a second. */
import { type FileHandle, open } from 'node:fs/promises';
import type { S3Location } from '../../core/s3-layout';
import { digestOf } from '../file-digest';
import { inParallel } from '../parallel';
import type { FileDigest, ObjectFacts, ObjectStore } from '../ports';
import { GatheredWriter } from '../staging/gathered';

const MIB = 2 ** 20;
export const LARGEST_IN_ONE_BYTES = 32 * MIB;
const RANGE_BYTES = 16 * MIB;
const PARALLEL_RANGES = 16;
/** Of a range whose bytes stop coming. */
const MOST_TRIES = 3;

export async function downloadRanges(
  store: Pick<ObjectStore, 'open'>,
  location: S3Location,
  { sizeBytes, etag }: ObjectFacts,
  path: string,
  onBytes: (bytes: number) => void,
): Promise<FileDigest> {
  const handle = await open(path, 'w');
  try {
    await handle.truncate(sizeBytes);
    const starts = Array.from({ length: Math.ceil(sizeBytes / RANGE_BYTES) }, (_, number) => number * RANGE_BYTES);
    await inParallel(starts, PARALLEL_RANGES, async (startByte) => {
      const range = { startByte, endByte: Math.min(startByte + RANGE_BYTES, sizeBytes) - 1 };
      await fetchRange(store, location, { range, etag }, handle);
      onBytes(range.endByte + 1 - startByte);
    });
  } finally {
    await handle.close();
  }
  return digestOf(path);
}

interface Wanted {
  range: { startByte: number; endByte: number };
  etag: string;
}

async function fetchRange(store: Pick<ObjectStore, 'open'>, location: S3Location, wanted: Wanted, handle: FileHandle) {
  const { startByte, endByte } = wanted.range;
  for (let tries = 1; ; tries++) {
    let position = startByte;
    try {
      const { body } = await store.open(location, wanted);
      const writer = new GatheredWriter(handle, startByte);
      for await (const chunk of body) {
        await writer.write(chunk);
        position += chunk.length;
      }
      await writer.flush();
      if (position === endByte + 1) return;
      throw new Error(`a range of s3://${location.bucket}/${location.key} ended at byte ${position}`);
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
    }
  }
}
