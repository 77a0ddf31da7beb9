/** Whether the data fits, known before the disk is full. */
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { DISK_RESERVE_BYTES, GIB } from '../../core/plan/disk-room';

export class DiskTooSmall extends Error {
  override readonly name = 'DiskTooSmall';
}

/** `freeBytes` of the disk that `folder` is on. */
export async function freeBytesAt(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** What lies below a folder takes up. */
export async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await bytesBelow(path);
    else
      bytes += await stat(path).then(
        ({ blocks }) => blocks * 512,
        () => 0,
      );
  }
  return bytes;
}

export interface Fit {
  what: string;
  neededBytes: number;
  /** Free, or taken by what is there already of it. */
  roomBytes: number;
  /** Size of the root volume that the job asked for. */
  volumeGiB: number;
}

/** @throws DiskTooSmall */
export function checkFits({ what, neededBytes, roomBytes, volumeGiB }: Fit): void {
  const missingBytes = neededBytes + DISK_RESERVE_BYTES - roomBytes;
  if (missingBytes <= 0) return;
  const enough = Math.ceil(volumeGiB + missingBytes / GIB);
  throw new DiskTooSmall(
    `DiskTooSmall: ${what} needs ${gib(neededBytes)} GiB and 1 GiB for training; the instance's disk of ${volumeGiB} GiB has room ` +
      `for ${gib(roomBytes)} GiB. Set resources.volumeGiB to ${enough} or more.`,
  );
}

const gib = (bytes: number) => (bytes / GIB).toFixed(1);

/** The disk is full after all: training's own files, say, were more than was thought. */
export const isDiskFull = (error: unknown) =>
  error instanceof Error && ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
