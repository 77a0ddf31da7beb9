/** What of a log stays on the disk: the place that reading goes on from after a restart, and its last part. */
import { execFile } from 'node:child_process';
import {
  closeSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { z } from 'zod';

const placeSchema = z.object({
  /** Bytes of the log whose lines are in closed segments in S3. */
  offset: z.int(),
  segments: z.int(),
  /** Bytes of the log as it may be shown that go with them. */
  publicBytes: z.int(),
  /** Bytes at the beginning of both that the disk has back. */
  trimmed: z.object({ offset: z.int(), publicBytes: z.int() }),
});
export type LogPlace = z.infer<typeof placeSchema>;

const placeFile = (path: string) => `${path}.place`;

/** Undefined when there is none that can be trusted. */
export function readPlace(path: string): LogPlace | undefined {
  try {
    const place = placeSchema.parse(JSON.parse(readFileSync(placeFile(path), 'utf8')));
    return statSync(path).size >= place.offset ? place : undefined;
  } catch {
    return undefined;
  }
}

export function writePlace(path: string, place: LogPlace): void {
  writeFileSync(`${placeFile(path)}.new`, JSON.stringify(place));
  renameSync(`${placeFile(path)}.new`, placeFile(path));
}

/**
 * Gives the disk back what lies between two places of a file that others go on appending to: it reads as zeros then. Truncating
 * it would lose what is written meanwhile. https://man7.org/linux/man-pages/man1/fallocate.1.html (util-linux)
 */
export async function punchHole(path: string, fromByte: number, toByte: number): Promise<void> {
  if (toByte <= fromByte) return;
  const range = ['--offset', String(fromByte), '--length', String(toByte - fromByte)];
  await promisify(execFile)('fallocate', ['--punch-hole', ...range, path]);
}

const COPIED_BYTES = 2 ** 20;

/** `head`, and what follows `fromByte`, from the next line on, as a file of its own. */
export function copyEnd(path: string, fromByte: number, target: string, head: string): void {
  rmSync(target, { force: true });
  const [from, to] = [openSync(path, 'r'), openSync(target, 'w')];
  const buffer = Buffer.alloc(COPIED_BYTES);
  try {
    writeSync(to, head);
    let position = fromByte;
    let isFirst = true;
    for (let count = 1; count > 0; position += count) {
      count = readSync(from, buffer, 0, COPIED_BYTES, position);
      const skipped = isFirst ? buffer.subarray(0, count).indexOf(10) + 1 : 0;
      writeSync(to, buffer, skipped, count - skipped);
      isFirst = false;
    }
  } finally {
    closeSync(from);
    closeSync(to);
  }
}
