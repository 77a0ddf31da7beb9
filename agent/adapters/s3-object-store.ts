/** S3. What is sent is hashed on its way, so that a digest is always that of the uploaded bytes. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { addAbortSignal, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { S3Location } from '../../core/s3-layout';
import type {
  FileDigest,
  ListedObject,
  ObjectFacts,
  ObjectStore,
  OpenOptions,
  StoredText,
  UploadOptions,
} from '../ports';
import { nameOf } from '../retry';
import { UploadJournal } from '../uploads/journal';
import { MultipartUploads } from '../uploads/multipart-uploads';
import { factsOf, isComposite } from './object-facts';
import { downloadRanges, LARGEST_IN_ONE_BYTES } from './ranged-download';

const MIB = 2 ** 20;
/** Smaller files go up in one request, read whole. */
const LARGEST_AT_ONCE_BYTES = MIB;
const REMOVED_AT_ONCE = 1000;

export class S3ObjectStore implements ObjectStore {
  readonly #uploads: MultipartUploads;

  constructor(
    private readonly s3: S3Client,
    /** Wall clock, for answers without a Date. */
    private readonly now: () => number,
    journal = new UploadJournal(),
  ) {
    this.#uploads = new MultipartUploads(s3, journal);
  }

  async getText({ bucket, key }: S3Location, maxBytes = MIB): Promise<StoredText | undefined> {
    let date: string | undefined;
    const command = new GetObjectCommand({ Bucket: bucket, Key: key });
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { headers } = result.response as { headers?: Record<string, string> };
        date = headers?.['date'];
        return result;
      },
      { step: 'deserialize', name: 'readDate', priority: 'low' },
    );
    try {
      const { Body, ContentLength = 0, LastModified } = await this.s3.send(command);
      if (ContentLength > maxBytes) throw new Error(`s3://${bucket}/${key} is larger than ${maxBytes} bytes`);
      const text = (await Body?.transformToString()) ?? '';
      const storeNowMs = date === undefined ? this.now() : Date.parse(date);
      return { text, storeNowMs, ageMs: Math.max(0, storeNowMs - (LastModified?.getTime() ?? storeNowMs)) };
    } catch (error) {
      if (nameOf(error) === 'NoSuchKey') return undefined;
      throw error;
    }
  }

  async putText({ bucket, key }: S3Location, text: string): Promise<void> {
    await this.s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: text,
        ContentType: key.endsWith('.json') ? 'application/json' : 'text/plain; charset=utf-8',
      }),
    );
  }

  async upload(path: string, location: S3Location, options: UploadOptions = {}): Promise<FileDigest | 'exists'> {
    const { size } = await stat(path);
    try {
      if (size <= LARGEST_AT_ONCE_BYTES) return await this.#putAtOnce(path, location, options);
      return await this.#uploads.upload(path, location, options);
    } catch (error) {
      if (options.createOnly && nameOf(error) === 'PreconditionFailed') return 'exists';
      throw error;
    }
  }

  abandon(prefix: S3Location): Promise<void> {
    return this.#uploads.abandon(prefix);
  }

  async #putAtOnce(path: string, { bucket, key }: S3Location, options: UploadOptions): Promise<FileDigest> {
    const body = await readFile(path);
    const condition = options.createOnly ? { IfNoneMatch: '*' } : {};
    const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...condition });
    await this.s3.send(command, options.signal ? { abortSignal: options.signal } : {});
    options.onBytes?.(body.length, false);
    return { sizeBytes: body.length, sha256: createHash('sha256').update(body).digest('hex') };
  }

  async download(location: S3Location, path: string, onBytes = (_bytes: number) => {}): Promise<FileDigest> {
    const { facts, body } = await this.open(location);
    if (facts.sizeBytes > LARGEST_IN_ONE_BYTES) {
      body.destroy();
      return downloadRanges(this, location, facts, path, onBytes);
    }
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const counter = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        hash.update(chunk);
        sizeBytes += chunk.length;
        onBytes(chunk.length);
        done(null, chunk);
      },
    });
    await pipeline(body, counter, createWriteStream(path));
    return { sizeBytes, sha256: hash.digest('hex') };
  }

  async describe({ bucket, key }: S3Location): Promise<ObjectFacts> {
    const asked = { Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' } as const;
    const facts = factsOf(await this.s3.send(new HeadObjectCommand(asked)).catch(asMissing));
    const { checksum } = facts;
    if (checksum === null || !isComposite(checksum.value)) return facts;
    // The parts of an upload are of one size, but for the last: https://docs.aws.amazon.com/cli/latest/topic/s3-config.html
    const first = await this.s3.send(new HeadObjectCommand({ ...asked, PartNumber: 1 }));
    const bytes = first.ContentLength ?? 0;
    const isEven = first.PartsCount !== undefined && first.PartsCount === Math.ceil(facts.sizeBytes / bytes);
    return { ...facts, checksum: { ...checksum, ofPartsOfBytes: isEven ? bytes : null } };
  }

  async open({ bucket, key }: S3Location, { range, etag, signal }: OpenOptions = {}) {
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: key,
      ...(range ? { Range: `bytes=${range.startByte}-${range.endByte}` } : {}),
      ...(etag ? { IfMatch: etag } : {}),
    });
    if (!range) askForChecksum(command);
    const answer = await this.s3.send(command, signal ? { abortSignal: signal } : {});
    if (!(answer.Body instanceof Readable)) throw new Error(`s3://${bucket}/${key} has no body`);
    const facts = factsOf(answer);
    return { facts: range ? { ...facts, checksum: null } : facts, body: stoppable(answer.Body, signal) };
  }

  async *pages({ bucket, key }: S3Location): AsyncGenerator<ListedObject[]> {
    for await (const page of paginateListObjectsV2({ client: this.s3 }, { Bucket: bucket, Prefix: key })) {
      yield (page.Contents ?? []).flatMap(({ Key, Size = 0, LastModified }) =>
        Key === undefined ? [] : [{ key: Key, sizeBytes: Size, modifiedAtMs: LastModified?.getTime() ?? 0 }],
      );
    }
  }

  async list(prefix: S3Location): Promise<{ key: string; sizeBytes: number }[]> {
    const found: { key: string; sizeBytes: number }[] = [];
    for await (const page of this.pages(prefix)) {
      for (const { key, sizeBytes } of page) found.push({ key, sizeBytes });
    }
    return found;
  }

  async remove(locations: readonly S3Location[]): Promise<void> {
    for (let at = 0; at < locations.length; at += REMOVED_AT_ONCE) {
      const batch = locations.slice(at, at + REMOVED_AT_ONCE);
      const bucket = batch[0]?.bucket;
      await this.s3.send(
        new DeleteObjectsCommand({
          Bucket: bucket,
          Delete: { Quiet: true, Objects: batch.map(({ key }) => ({ Key: key })) },
        }),
      );
    }
  }
}

/** The SDK's own ChecksumMode would have it compute the checksum as well. */
function askForChecksum(command: GetObjectCommand): void {
  command.middlewareStack.add(
    (next) => async (args) => {
      (args.request as { headers: Record<string, string> }).headers['x-amz-checksum-mode'] = 'ENABLED';
      return next(args);
    },
    { step: 'build', name: 'askForChecksum' },
  );
}

/** An answer to HEAD has no body that could name the error. */
function asMissing(error: unknown): never {
  if (nameOf(error) !== 'NotFound') throw error;
  throw Object.assign(new Error('The specified key does not exist.', { cause: error }), { name: 'NoSuchKey' });
}

/** Once the answer has begun the SDK's own signal is of no use. */
function stoppable(body: Readable, signal: AbortSignal | undefined): Readable {
  return signal ? addAbortSignal(signal, body) : body;
}
