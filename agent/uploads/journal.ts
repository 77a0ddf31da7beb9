/** Which uploads in parts were begun and not ended, on disk: a restarted agent goes on with them, or calls them off. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { S3Location } from '../../core/s3-layout';

const begunUploadSchema = z.object({
  bucket: z.string(),
  key: z.string(),
  uploadId: z.string(),
  /** Of the file that goes up. */
  path: z.string(),
  /** Of its content when the upload began: another one's parts are of no use. */
  identity: z.string(),
});
export type BegunUpload = z.infer<typeof begunUploadSchema>;

export class UploadJournal {
  #begun: BegunUpload[];

  /** Without a path it is forgotten with the process. */
  constructor(private readonly path?: string) {
    this.#begun = path === undefined ? [] : load(path);
  }

  of({ bucket, key }: S3Location): BegunUpload | undefined {
    return this.#begun.find((each) => each.bucket === bucket && each.key === key);
  }

  below({ bucket, key }: S3Location): BegunUpload[] {
    return this.#begun.filter((each) => each.bucket === bucket && each.key.startsWith(key));
  }

  add(upload: BegunUpload): void {
    this.#write([...this.#begun, upload]);
  }

  remove({ uploadId }: BegunUpload): void {
    this.#write(this.#begun.filter((each) => each.uploadId !== uploadId));
  }

  /** A disk that is full is no reason not to upload: only a restarted agent would begin anew. */
  #write(begun: BegunUpload[]): void {
    this.#begun = begun;
    if (this.path === undefined) return;
    try {
      mkdirSync(dirname(this.path), { recursive: true });
      writeFileSync(`${this.path}.new`, JSON.stringify(begun));
      renameSync(`${this.path}.new`, this.path);
    } catch {}
  }
}

/** What cannot be read is no journal: what it named is begun anew, and its parts are removed by the bucket's lifecycle rule. */
function load(path: string): BegunUpload[] {
  try {
    return z.array(begunUploadSchema).parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return [];
  }
}
