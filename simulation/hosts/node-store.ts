/** A node's way to S3: calls of the world, uploads that take time, and a network that may be gone. */
import { createHash } from 'node:crypto';
import type { FileDigest, ObjectStore, StoredText, UploadOptions } from '../../agent/ports';
import type { S3Location } from '../../core/s3-layout';
import { type Clock, sleep } from '../../local/clock';
import type { CallContext } from '../../local/service';
import { type Api, never } from '../api';
import type { FaultProfile } from '../faults/profile';
import type { Random } from '../random';
import type { VirtualFiles } from './virtual-files';

export interface NodeStoreOptions {
  instanceId: string;
  api: Api;
  clock: Clock;
  random: Random;
  files: VirtualFiles;
  faults: FaultProfile['uploads'];
  context: () => CallContext;
  /** How long a file takes to go up when nothing is slow. */
  uploadMs: (path: string) => number;
  isAlive: () => boolean;
  /** Resolves when the machine does not hang. */
  awake: () => Promise<void>;
  hasNetwork: () => boolean;
  onTrouble: (what: string, lastsMs: number) => void;
}

const TIMEOUT_MS = 60_000;
const CONNECT_MS = 5_000;
const MAX_ATTEMPTS = 3;
const SLOW = 12;

function networkError(): Error {
  return Object.assign(new Error('connect ECONNREFUSED'), { name: 'TimeoutError', code: 'ECONNREFUSED' });
}

/** Rejects when the signal aborts first. */
async function unlessCalledOff(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  let refuse = () => {};
  const calledOff = new Promise<never>((_resolve, reject) => {
    refuse = () => reject(new Error('The upload was called off.'));
  });
  if (signal?.aborted) refuse();
  signal?.addEventListener('abort', refuse);
  try {
    await Promise.race([work, calledOff]);
  } finally {
    signal?.removeEventListener('abort', refuse);
  }
}

const digestOf = (body: Buffer): FileDigest => ({
  sizeBytes: body.length,
  sha256: createHash('sha256').update(body).digest('hex'),
});

export class NodeStore implements ObjectStore {
  constructor(private readonly options: NodeStoreOptions) {}

  async getText({ bucket, key }: S3Location, maxBytes = 2 ** 20): Promise<StoredText | undefined> {
    try {
      const answer = (await this.#call('GetObject', { Bucket: bucket, Key: key })) as GetObjectAnswer;
      if (answer.ContentLength > maxBytes) throw new Error(`s3://${bucket}/${key} is larger than ${maxBytes} bytes`);
      const storeNowMs = Math.floor(this.options.clock.now() / 1000) * 1000;
      const ageMs = Math.max(0, storeNowMs - answer.LastModified.getTime());
      return { text: await answer.Body.transformToString(), storeNowMs, ageMs };
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
      throw error;
    }
  }

  async putText({ bucket, key }: S3Location, text: string): Promise<void> {
    await this.#call('PutObject', { Bucket: bucket, Key: key, Body: text });
  }

  async upload(path: string, location: S3Location, options: UploadOptions = {}): Promise<FileDigest | 'exists'> {
    const { random, files, faults, uploadMs, onTrouble } = this.options;
    const body = Buffer.from(files.read(path) ?? '');
    const isTorn = random.chance(faults.torn);
    const isSlow = random.chance(faults.slow);
    const durationMs = uploadMs(path) * (isSlow ? SLOW : 1);
    const lastsMs = isTorn ? durationMs / 2 : durationMs;
    if (isTorn || isSlow) onTrouble(`the upload of ${path} is ${isTorn ? 'torn' : 'slow'}`, lastsMs);
    await unlessCalledOff(this.#wait(lastsMs), options.signal);
    if (isTorn || !this.options.hasNetwork()) throw networkError();
    const condition = options.createOnly ? { IfNoneMatch: '*' } : {};
    try {
      await this.#call('PutObject', { Bucket: location.bucket, Key: location.key, Body: body, ...condition });
    } catch (error) {
      if (options.createOnly && error instanceof Error && error.name === 'PreconditionFailed') return 'exists';
      throw error;
    }
    options.onBytes?.(body.length, false);
    return digestOf(body);
  }

  /** Files of the simulation go up in one piece. */
  async abandon(): Promise<void> {}

  async download({ bucket, key }: S3Location, path: string, onBytes?: (bytes: number) => void): Promise<FileDigest> {
    const answer = (await this.#call('GetObject', { Bucket: bucket, Key: key })) as GetObjectAnswer;
    const text = await answer.Body.transformToString();
    this.options.files.write(path, text);
    const body = Buffer.from(text);
    onBytes?.(body.length);
    return digestOf(body);
  }

  describe(): never {
    throw new Error('Jobs of the simulation have neither code nor data.');
  }

  open(): never {
    return this.describe();
  }

  pages(): never {
    return this.describe();
  }

  async list({ bucket, key }: S3Location): Promise<{ key: string; sizeBytes: number }[]> {
    const found: { key: string; sizeBytes: number }[] = [];
    let token: string | undefined;
    do {
      const next = token === undefined ? {} : { ContinuationToken: token };
      const page = (await this.#call('ListObjectsV2', { Bucket: bucket, Prefix: key, ...next })) as ListAnswer;
      for (const { Key, Size } of page.Contents) found.push({ key: Key, sizeBytes: Size });
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return found;
  }

  async remove(locations: readonly S3Location[]): Promise<void> {
    const [first] = locations;
    if (first === undefined) return;
    const Objects = locations.map(({ key }) => ({ Key: key }));
    await this.#call('DeleteObjects', { Bucket: first.bucket, Delete: { Objects } });
  }

  async #wait(durationMs: number): Promise<void> {
    await sleep(this.options.clock, durationMs);
    await this.options.awake();
    if (!this.options.isAlive()) await never();
  }

  async #call(operation: string, input: object): Promise<object> {
    const { api, context, isAlive, awake, hasNetwork, instanceId } = this.options;
    await awake();
    if (!isAlive()) return never();
    if (!hasNetwork()) {
      await this.#wait(CONNECT_MS);
      throw networkError();
    }
    const call = { by: instanceId, serviceId: 's3', operation, input, context: context() };
    try {
      return await api.call({ ...call, maxAttempts: MAX_ATTEMPTS, timeoutMs: TIMEOUT_MS, isAlive });
    } finally {
      await awake();
    }
  }
}

interface GetObjectAnswer {
  ContentLength: number;
  LastModified: Date;
  Body: { transformToString(): Promise<string> };
}

interface ListAnswer {
  Contents: { Key: string; Size: number }[];
  NextContinuationToken?: string;
}
