/** Multipart uploads under way, on disk beside their bucket's objects, so that they survive a restart. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AwsError } from '../../service';
import type { ChecksumAlgorithm, ChecksumType } from './checksums';
import type { ObjectHeaders } from './object-headers';
import { type Bucket, writeAtomically } from './object-store';

export interface UploadPart {
  number: number;
  sizeBytes: number;
  etag: string;
  lastModifiedMs: number;
  dataFile: string;
  checksum?: { algorithm: ChecksumAlgorithm; value: string };
}

interface UploadRecord extends ObjectHeaders {
  id: string;
  key: string;
  startedMs: number;
  checksum?: { algorithm: ChecksumAlgorithm; type: ChecksumType };
}

export interface Upload {
  readonly record: UploadRecord;
  readonly dir: string;
  readonly parts: Map<number, UploadPart>;
}

export class MultipartStore {
  readonly #uploads = new WeakMap<Bucket, Map<string, Upload>>();

  start(bucket: Bucket, record: UploadRecord): Upload {
    const dir = join(uploadsDir(bucket), record.id);
    mkdirSync(dir, { recursive: true });
    writeAtomically(join(dir, 'upload.json'), record);
    const upload = { record, dir, parts: new Map<number, UploadPart>() };
    this.#of(bucket).set(record.id, upload);
    return upload;
  }

  /** @throws AwsError NoSuchUpload. */
  find(bucket: Bucket, id: string, key: string): Upload {
    const upload = this.#of(bucket).get(id);
    if (upload?.record.key === key) return upload;
    throw new AwsError('NoSuchUpload', 'The specified upload does not exist.', {
      statusCode: 404,
      details: { UploadId: id },
    });
  }

  list(bucket: Bucket): Upload[] {
    return [...this.#of(bucket).values()].sort((a, b) => a.record.startedMs - b.record.startedMs);
  }

  /** A part that comes again replaces the one before. */
  addPart(upload: Upload, part: UploadPart): void {
    const replaced = upload.parts.get(part.number);
    writeAtomically(join(upload.dir, `part-${part.number}.json`), part);
    upload.parts.set(part.number, part);
    if (replaced) rmSync(join(upload.dir, replaced.dataFile), { force: true });
  }

  end(bucket: Bucket, upload: Upload): void {
    this.#of(bucket).delete(upload.record.id);
    rmSync(upload.dir, { recursive: true, force: true });
  }

  #of(bucket: Bucket): Map<string, Upload> {
    let uploads = this.#uploads.get(bucket);
    if (!uploads) {
      uploads = readUploads(uploadsDir(bucket));
      this.#uploads.set(bucket, uploads);
    }
    return uploads;
  }
}

function uploadsDir(bucket: Bucket): string {
  return join(bucket.dir, 'uploads');
}

function readUploads(root: string): Map<string, Upload> {
  const uploads = new Map<string, Upload>();
  for (const id of existsSync(root) ? readdirSync(root) : []) {
    const dir = join(root, id);
    if (!existsSync(join(dir, 'upload.json'))) continue;
    const record = JSON.parse(readFileSync(join(dir, 'upload.json'), 'utf8')) as UploadRecord;
    const parts = readdirSync(dir)
      .filter((file) => /^part-\d+\.json$/.test(file))
      .map((file) => JSON.parse(readFileSync(join(dir, file), 'utf8')) as UploadPart);
    uploads.set(record.id, { record, dir, parts: new Map(parts.map((part) => [part.number, part])) });
  }
  return uploads;
}
