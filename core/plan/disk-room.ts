/**
 * Whether code and data fit the root volume, before a machine is paid for to find out. What the image takes of it is known
 * only as a bound, the image's own size: what does not fit even an empty disk is refused, what may not fit is said.
 */
import { LARGEST_VOLUME_GIB } from '../job/job-spec';
import type { SpecProblem } from '../job/job-spec-problems';
import type { StoredSize } from '../ports';
import { bytes } from '../view/format';
import type { Candidate, Findings } from './findings';

export const GIB = 2 ** 30;
/** Left for training: its logs, caches, and one small checkpoint at least. The agent keeps as much. */
export const DISK_RESERVE_BYTES = GIB;
/** A file takes up whole blocks. */
const BLOCK_BYTES = 4096;
/** Pages of 1000 at about 0.2 s each are looked at while a job is planned. */
export const MOST_OBJECTS_MEASURED = 50_000;

/** What a file of that size takes up. */
export const onDisk = (sizeBytes: number) => Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;

type Sizes = Pick<Findings, 'job' | 'codeSize' | 'dataSize'>;

interface Room {
  volumeGiB: number;
  /** Of the image that leaves the most room. */
  imageGiB: number;
  neededBytes: number;
  /** Enough also when the image is full. */
  enoughGiB: number;
  /** The addition, in words. */
  sum: string;
}

/** What is refused. */
export function diskProblems(sizes: Sizes, candidates: readonly Candidate[]): SpecProblem[] {
  const room = roomOf(sizes, candidates);
  if (room === undefined || room.neededBytes <= room.volumeGiB * GIB) return [];
  return [
    { field: 'resources.volumeGiB', message: `found ${sizes.job.resources.volumeGiB}; ${room.sum}. ${advice(room)}` },
  ];
}

/** What may be too tight; null when nothing speaks for that. */
export function diskWarning(sizes: Sizes, candidates: readonly Candidate[]): string | null {
  const room = roomOf(sizes, candidates);
  if (room === undefined || room.neededBytes <= (room.volumeGiB - room.imageGiB) * GIB) return null;
  return `The disk of ${room.volumeGiB} GiB may be too small: ${room.sum}; the machine image takes up to ${room.imageGiB} GiB. ${advice(room)}`;
}

function advice({ enoughGiB, imageGiB }: Room): string {
  if (enoughGiB > LARGEST_VOLUME_GIB) {
    return `No volume is larger than ${LARGEST_VOLUME_GIB} GiB: let the script read from S3 what it needs, with "aws": true.`;
  }
  return `Set resources.volumeGiB to ${enoughGiB} or more, which leaves ${imageGiB} GiB for the machine image, and add room for checkpoints.`;
}

function roomOf({ job, codeSize, dataSize }: Sizes, candidates: readonly Candidate[]): Room | undefined {
  const parts = [
    { what: `data (${job.data})`, size: dataSize },
    { what: `code (${job.code})`, size: codeSize },
  ].flatMap(({ what, size }) => (size === null ? [] : [{ what, ...size }]));
  if (parts.length === 0) return undefined;
  const sizesGiB = candidates.flatMap(({ image }) => (image ? [image.rootSizeGiB] : []));
  const volumeGiB = Math.max(job.resources.volumeGiB, ...sizesGiB);
  const imageGiB = sizesGiB.length > 0 ? Math.min(...sizesGiB) : 0;
  const neededBytes = parts.reduce((sum, { diskBytes }) => sum + diskBytes, DISK_RESERVE_BYTES);
  const words = parts.map(({ what, ...size }) => `${what} takes ${sizeWords(size)}`);
  return {
    volumeGiB,
    imageGiB,
    neededBytes,
    enoughGiB: Math.ceil(neededBytes / GIB) + imageGiB,
    sum: `${words.join(', ')}, and 1 GiB is kept for training: ${bytes(neededBytes)} on a disk of ${volumeGiB} GiB`,
  };
}

/** e.g. `at least 120.3 GiB in 50,000 objects and more` */
export function sizeWords({ diskBytes, objects, isAll }: StoredSize): string {
  const count = `${objects.toLocaleString('en-US')} ${objects === 1 ? 'object' : 'objects'}`;
  return isAll ? `${bytes(diskBytes)} in ${count}` : `at least ${bytes(diskBytes)} in ${count} and more`;
}
