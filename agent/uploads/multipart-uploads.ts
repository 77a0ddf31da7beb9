/**
 * Large files, in parallel parts with bounded memory. An upload that fails goes on, when it is tried again, from the parts that
 * S3 has: each part is read and hashed again, and is left out only if S3 has one in its place with its size and checksum. So
 * an object is always one reading of one file, whatever happened between.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { S3Location } from '../../core/s3-layout';
import { identityOf } from '../checkpoints/look';
import { inParallel } from '../parallel';
import type { FileDigest, UploadOptions } from '../ports';
import { isRefusal, nameOf } from '../retry';
import { Slots } from '../slots';
import { hasherOf } from '../staging/checksums';
import type { BegunUpload, UploadJournal } from './journal';

const MIB = 2 ** 20;
/** S3's own bounds: at most 10,000 parts. */
const MOST_PARTS = 9_000;
const SMALLEST_PART_BYTES = 8 * MIB;
/** Of one file. With `LARGE_UPLOADS` it bounds memory: 128 MiB, for files of up to 72 GB. */
const PARALLEL_PARTS = 8;
const LARGE_UPLOADS = 2;
/** As the SDK does by default: what S3 keeps of the object is the checksum of the parts' CRC32. */
const CHECKSUM = 'CRC32';
/**
 * With these an upload is over, or will never end: the next try begins anew. As for a conflict, which says that another write
 * of the key was under way: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
const DEAD_ENDS = new Set([
  ...['NoSuchUpload', 'InvalidPart', 'InvalidPartOrder', 'EntityTooSmall'],
  ...['PreconditionFailed', 'ConditionalRequestConflict'],
]);

interface Part {
  number: number;
  sizeBytes: number;
  crc32: string;
}
type StoredPart = Omit<Part, 'number'> & { etag: string };

export class MultipartUploads {
  readonly #slots = new Slots(LARGE_UPLOADS);

  constructor(
    private readonly s3: S3Client,
    private readonly journal: UploadJournal,
  ) {}

  upload(path: string, location: S3Location, options: UploadOptions): Promise<FileDigest> {
    return this.#slots.run(async () => {
      options.signal?.throwIfAborted();
      const file = await open(path);
      try {
        return await this.#uploadFile(file, path, location, options);
      } finally {
        await file.close();
      }
    });
  }

  /** Calls off what was begun at, or below, a place. What S3 does not hear of is removed by the bucket's lifecycle rule. */
  async abandon(prefix: S3Location): Promise<void> {
    await Promise.all(this.journal.below(prefix).map((begun) => this.#abort(begun)));
  }

  async #uploadFile(file: FileHandle, path: string, location: S3Location, options: UploadOptions): Promise<FileDigest> {
    const { size } = await file.stat();
    const { begun, stored } = await this.#begin(path, location);
    try {
      const { sha256, parts } = await this.#sendParts(file, size, begun, stored, options);
      const complete = new CompleteMultipartUploadCommand({
        ...requestFor(begun),
        MultipartUpload: { Parts: parts },
        ...(options.createOnly ? { IfNoneMatch: '*' } : {}),
      });
      await this.s3.send(complete, abortable(options));
      this.journal.remove(begun);
      return { sizeBytes: size, sha256 };
    } catch (error) {
      const isOver = options.signal?.aborted || isRefusal(error) || DEAD_ENDS.has(nameOf(error));
      if (isOver) await this.#abort(begun);
      throw error;
    }
  }

  /** The upload that was begun of the very same file, with the parts that S3 has of it; else a new one. */
  async #begin(path: string, location: S3Location): Promise<{ begun: BegunUpload; stored: Map<number, StoredPart> }> {
    const identity = (await identityOf(path)) ?? '';
    const known = this.journal.of(location);
    if (known?.path === path && known.identity === identity) {
      const stored = await this.#partsOf(known);
      if (stored) return { begun: known, stored };
    }
    if (known) await this.#abort(known);
    const { bucket, key } = location;
    const { UploadId } = await this.s3.send(
      new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ChecksumAlgorithm: CHECKSUM }),
    );
    if (UploadId === undefined) throw new Error(`S3 began no upload of s3://${bucket}/${key}`);
    const begun = { bucket, key, uploadId: UploadId, path, identity };
    this.journal.add(begun);
    return { begun, stored: new Map() };
  }

  /** Undefined when there is no such upload any more, or it may not be looked into. */
  async #partsOf(begun: BegunUpload): Promise<Map<number, StoredPart> | undefined> {
    const found = new Map<number, StoredPart>();
    try {
      // The SDK's paginator asks on for as long as there is a marker, which S3 names on the last page, too.
      for (let marker: string | undefined; ; ) {
        const after = marker === undefined ? {} : { PartNumberMarker: marker };
        const page = await this.s3.send(new ListPartsCommand({ ...requestFor(begun), ...after }));
        for (const { PartNumber, ETag, Size = 0, ChecksumCRC32 } of page.Parts ?? []) {
          if (PartNumber === undefined || ETag === undefined || ChecksumCRC32 === undefined) continue;
          found.set(PartNumber, { sizeBytes: Size, etag: ETag, crc32: ChecksumCRC32 });
        }
        if (page.IsTruncated !== true) return found;
        marker = page.NextPartNumberMarker;
      }
    } catch (error) {
      if (isRefusal(error) || DEAD_ENDS.has(nameOf(error))) return undefined;
      throw error;
    }
  }

  /** Parts are read one after another, for the digest of the whole, and sent side by side. */
  async #sendParts(
    file: FileHandle,
    sizeBytes: number,
    begun: BegunUpload,
    stored: ReadonlyMap<number, StoredPart>,
    options: UploadOptions,
  ): Promise<{ sha256: string; parts: CompletedPart[] }> {
    const partBytes = Math.max(SMALLEST_PART_BYTES, Math.ceil(sizeBytes / MOST_PARTS));
    const hash = createHash('sha256');
    let reading: Promise<unknown> = Promise.resolve();
    const readNext = (number: number) => {
      const startByte = (number - 1) * partBytes;
      const read = reading.then(() => readPart(file, startByte, Math.min(partBytes, sizeBytes - startByte)));
      reading = read.then((bytes) => hash.update(bytes)).catch(() => undefined);
      return read;
    };
    const numbers = Array.from({ length: Math.ceil(sizeBytes / partBytes) }, (_, index) => index + 1);
    const parts = await inParallel(numbers, PARALLEL_PARTS, async (number) => {
      const bytes = await readNext(number);
      const part = { number, sizeBytes: bytes.length, crc32: await crc32Of(bytes) };
      const there = stored.get(number);
      const isThere = there?.sizeBytes === part.sizeBytes && there.crc32 === part.crc32;
      const etag = isThere ? there.etag : await this.#send(bytes, part, begun, options);
      options.onBytes?.(part.sizeBytes, isThere);
      return { PartNumber: number, ETag: etag, ChecksumCRC32: part.crc32 };
    });
    await reading;
    return { sha256: hash.digest('hex'), parts };
  }

  async #send(bytes: Buffer, { number, crc32 }: Part, begun: BegunUpload, options: UploadOptions): Promise<string> {
    options.signal?.throwIfAborted();
    const { ETag } = await this.s3.send(
      new UploadPartCommand({ ...requestFor(begun), PartNumber: number, Body: bytes, ChecksumCRC32: crc32 }),
      abortable(options),
    );
    if (ETag === undefined) throw new Error(`S3 gave part ${number} of ${begun.key} no ETag`);
    return ETag;
  }

  async #abort(begun: BegunUpload): Promise<void> {
    this.journal.remove(begun);
    await this.s3.send(new AbortMultipartUploadCommand(requestFor(begun))).catch(() => undefined);
  }
}

const requestFor = ({ bucket, key, uploadId }: BegunUpload) => ({ Bucket: bucket, Key: key, UploadId: uploadId });
const abortable = ({ signal }: UploadOptions) => (signal ? { abortSignal: signal } : {});

async function readPart(file: FileHandle, startByte: number, sizeBytes: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  let filled = 0;
  while (filled < sizeBytes) {
    const { bytesRead } = await file.read(bytes, filled, sizeBytes - filled, startByte + filled);
    if (bytesRead === 0) throw new Error('the file became shorter while it was read');
    filled += bytesRead;
  }
  return bytes;
}

async function crc32Of(bytes: Buffer): Promise<string> {
  const hasher = hasherOf(CHECKSUM);
  hasher.update(bytes);
  return hasher.digest();
}
