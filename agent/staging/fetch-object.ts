/**
 * Brings one object into its place: under a temporary name until it is whole and checked, then renamed, with the object's date.
 * A file of that size and date is what tells a restarted agent that it has it.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type S3Location, s3Uri } from '../../core/s3-layout';
import { inParallel } from '../parallel';
import type { ListedObject, ObjectFacts, ObjectStore } from '../ports';
import type { TransferMeter } from '../transfer-meter';
import { type ChecksumAlgorithm, compositeOf, hasherOf, isCrc, joinCrcs } from './checksums';
import { PartFile } from './part-file';
import { FileSink, MemorySink, putInPlace } from './sinks';
import type { Tally } from './tally';

export interface FetchContext {
  store: ObjectStore;
  meter: TransferMeter;
  tally: Tally;
  signal: AbortSignal;
  /** For what is not whole yet; on the same disk. */
  partials: string;
  /** Large files under way, for whoever ends it all. */
  underWay: Set<LargeFetch>;
}

export interface Target {
  location: S3Location;
  listed: Pick<ListedObject, 'sizeBytes' | 'modifiedAtMs'>;
  path: string;
}

const MIB = 2 ** 20;
/** Larger objects come in ranges. */
const LARGEST_WHOLE_BYTES = 32 * MIB;
/** S3's advice is 8 to 16 MiB: https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-guidelines.html */
const RANGE_BYTES = 16 * MIB;
/** Ranges are as large as the parts that an object was uploaded in, where those are of this size: S3 keeps their checksums. */
const LARGEST_RANGE_BYTES = 64 * MIB;
/** As many of these as there are requests at once fit into memory. */
const LARGEST_IN_MEMORY_BYTES = 256 * 1024;
const PARALLEL_RETRIES = 8;

/** Not what S3 says that it is. */
export class ContentMismatch extends Error {
  override readonly name = 'ContentMismatch';
}

export const isLarge = ({ listed }: Target) => listed.sizeBytes > LARGEST_WHOLE_BYTES;

export async function isThere({ path, listed }: Target): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.size === listed.sizeBytes && Math.round(found.mtimeMs) === listed.modifiedAtMs;
}

/** In one request; when the content is wrong, once more. */
export async function fetchWhole(target: Target, context: FetchContext): Promise<void> {
  try {
    await fetchOnce(target, context);
  } catch (error) {
    if (!(error instanceof ContentMismatch)) throw error;
    await fetchOnce(target, context);
  }
}

async function fetchOnce(target: Target, context: FetchContext): Promise<void> {
  const { location, path, listed } = target;
  const { store, meter, signal, tally } = context;
  const partial = join(context.partials, nameFor(location));
  const { facts, body } = await store.open(location, { signal });
  const checked = isUnknownComposite(facts) ? undefined : facts.checksum?.algorithm;
  const hasher = checked && hasherOf(checked);
  const sink = listed.sizeBytes <= LARGEST_IN_MEMORY_BYTES ? new MemorySink(partial) : await FileSink.open(partial);
  let bytes = 0;
  try {
    for await (const chunk of body) {
      hasher?.update(chunk);
      bytes += chunk.length;
      meter.moved(chunk.length);
      await sink.write(chunk);
    }
    if (bytes !== facts.sizeBytes) throw new Error(`it ended after ${bytes} bytes`);
    if (hasher) check(location, facts, await hasher.digest());
    await sink.finish(path, facts.modifiedAtMs);
  } catch (error) {
    meter.moved(-bytes);
    throw error;
  } finally {
    await sink.close();
  }
  tally.count(checked);
  meter.fileDone();
}

/** In ranges, by whoever calls `fetchRange`; whoever brings the last one puts the file in its place. */
export class LargeFetch {
  #isTaken = false;

  private constructor(
    private readonly target: Target,
    private readonly context: FetchContext,
    private readonly facts: ObjectFacts,
    private readonly file: PartFile,
    private readonly partial: string,
  ) {}

  static async begin(target: Target, context: FetchContext): Promise<LargeFetch> {
    const facts = await context.store.describe(target.location);
    const partial = join(context.partials, nameFor(target.location));
    const { sizeBytes, etag, checksum } = facts;
    const partBytes = Math.min(checksum?.ofPartsOfBytes ?? RANGE_BYTES, LARGEST_RANGE_BYTES);
    const file = await PartFile.open({ path: partial, sizeBytes, etag, partBytes });
    context.meter.found(file.doneBytes);
    const large = new LargeFetch(target, context, facts, file, partial);
    context.underWay.add(large);
    return large;
  }

  get missing(): number[] {
    return this.file.missing;
  }

  async fetchRange(number: number): Promise<void> {
    const { store, meter, signal } = this.context;
    const range = this.file.rangeOf(number);
    const hasher = this.#crc && hasherOf(this.#crc);
    const writer = this.file.writerOf(number);
    let position = range.startByte;
    try {
      const { body } = await store.open(this.target.location, { range, etag: this.facts.etag, signal });
      for await (const chunk of body) {
        hasher?.update(chunk);
        await writer.write(chunk);
        position += chunk.length;
        meter.moved(chunk.length);
      }
      if (position !== range.endByte + 1) throw new Error(`a range ended at byte ${position}`);
      await writer.flush();
      await this.file.done(number, hasher ? await hasher.digest() : '');
    } catch (error) {
      meter.moved(range.startByte - position);
      throw error;
    }
  }

  /** Told once, to whoever brought the range that was the last to come. */
  takeCompletion(): boolean {
    const isTaken = this.file.isComplete && !this.#isTaken;
    this.#isTaken ||= isTaken;
    return isTaken;
  }

  async close(): Promise<void> {
    this.context.underWay.delete(this);
    await this.file.close();
  }

  /** Checks the content; when it is wrong, all of it comes once more. */
  async finish(): Promise<void> {
    const { meter, tally } = this.context;
    try {
      tally.count(await this.#verified());
    } catch (error) {
      if (!(error instanceof ContentMismatch)) throw error;
      meter.moved(-this.facts.sizeBytes);
      await this.file.reset();
      await inParallel(this.file.missing, PARALLEL_RETRIES, (number) => this.fetchRange(number));
      tally.count(await this.#verified());
    }
    await this.close();
    putInPlace(this.partial, this.target.path, this.facts.modifiedAtMs);
    await this.file.forget();
    meter.fileDone();
  }

  get #crc() {
    const { checksum } = this.facts;
    return checksum !== null && isCrc(checksum.algorithm) ? checksum.algorithm : undefined;
  }

  /** By which algorithm; undefined when nothing but the size could be. */
  async #verified(): Promise<ChecksumAlgorithm | undefined> {
    const { checksum, sizeBytes } = this.facts;
    if (checksum === null || (isUnknownComposite(this.facts) && sizeBytes > 0)) return undefined;
    const { algorithm, ofPartsOfBytes } = checksum;
    if (!isCrc(algorithm)) check(this.target.location, this.facts, await hashOfFile(this.partial, algorithm));
    else {
      const { crcs } = this.file;
      const found = ofPartsOfBytes === null ? joinCrcs(algorithm, crcs) : await compositeOf(algorithm, crcs);
      check(this.target.location, this.facts, found);
    }
    return algorithm;
  }
}

/** Of parts whose size is not known, or too large for one range. */
function isUnknownComposite({ checksum }: ObjectFacts): boolean {
  if (checksum === null || !/-\d+$/.test(checksum.value)) return false;
  return (
    checksum.ofPartsOfBytes === null || checksum.ofPartsOfBytes > LARGEST_RANGE_BYTES || !isCrc(checksum.algorithm)
  );
}

/** @throws ContentMismatch */
function check(location: S3Location, { checksum }: ObjectFacts, found: string): void {
  if (checksum === null || found === checksum.value.replace(/-\d+$/, '')) return;
  throw new ContentMismatch(
    `what came of ${s3Uri(location)} has the ${checksum.algorithm} ${found}, and S3 says ${checksum.value}`,
  );
}

async function hashOfFile(path: string, algorithm: ChecksumAlgorithm): Promise<string> {
  const hasher = hasherOf(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: MIB }) as AsyncIterable<Buffer>) {
    hasher.update(chunk);
  }
  return hasher.digest();
}

const nameFor = ({ bucket, key }: S3Location) => createHash('sha256').update(`${bucket}/${key}`).digest('hex');
