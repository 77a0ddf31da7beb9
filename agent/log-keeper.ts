/**
 * Follows the training log: whole to S3 in segments, the last lines for the final status, each line to whoever listens.
 * Training writes into the file itself, so that neither a slow network nor a restart of the agent ever blocks it. What is in
 * S3 is given back to the disk, but for the end; what is not waits on the disk, not in memory.
 */
import { appendFileSync, closeSync, mkdirSync, openSync, readSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type S3Location, s3Uri } from '../core/s3-layout';
import { copyEnd, type LogPlace, punchHole, readPlace, writePlace } from './log-disk';
import { LineSplitter } from './log-lines';
import type { Clock, Log, LogCopy, ObjectStore } from './ports';
import { isRefusal, messageOf, retry } from './retry';

export interface LogKeeperOptions {
  clock: Clock;
  log: Log;
  store: ObjectStore;
  /** Segments lie below it. */
  prefix: S3Location;
  path: string;
  /** Values that no log may show. */
  secrets: readonly string[];
  pollMs: number;
  /** The segment being written goes up this often. */
  uploadMs: number;
  onLine: (line: string) => void;
  copy?: LogCopy;
  /** Of the end of the log, what stays on the disk; 256 MiB when it is not given. */
  keptBytes?: number;
}

const MIB = 2 ** 20;
const CHUNK_BYTES = 256 * 1024;
/** The rest is read in the next turn. */
const LONGEST_READ_MS = 200;
const SEGMENT_CHARACTERS = 4 * MIB;
/** Closed and not in S3 yet. While there are as many, nothing more is read. */
const MOST_WAITING = 4;
const KEPT_BYTES = 256 * MIB;
/** The disk gets it back in pieces: this share of what is kept. */
const TRIMMED_SHARE = 1 / 4;
const TAIL_LINES = 50;
const LONGEST_TAIL_LINE = 2000;
/** A shorter value would turn up everywhere. */
const SHORTEST_SECRET = 4;

export class LogKeeper {
  readonly #secrets: string[];
  readonly #lines: LineSplitter;
  readonly #buffer = Buffer.alloc(CHUNK_BYTES);
  readonly #keptBytes: number;
  #offset = 0;
  #segment = '';
  #segmentNumber = 1;
  /** Characters of the segment that are in S3. */
  #uploaded = 0;
  #waiting = 0;
  #tail: string[] = [];
  /** Of the log as it may be shown, what is not in its file yet. */
  #unpublished = '';
  #publicBytes = 0;
  #copied: string[] = [];
  #uploading: Promise<void> = Promise.resolve();
  /** What the disk has back, of the log and of the one that may be shown. */
  #trimmed: LogPlace['trimmed'] = { offset: 0, publicBytes: 0 };
  #canTrim = true;

  constructor(private readonly options: LogKeeperOptions) {
    this.#secrets = options.secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
    this.#lines = new LineSplitter(this.#secrets);
    this.#keptBytes = options.keptBytes ?? KEPT_BYTES;
    mkdirSync(dirname(options.path), { recursive: true });
    this.#goOnFrom(readPlace(options.path));
  }

  /** Where an earlier process of the agent had come to. */
  #goOnFrom(place: LogPlace | undefined): void {
    this.#offset = place?.offset ?? 0;
    this.#segmentNumber = (place?.segments ?? 0) + 1;
    this.#publicBytes = place?.publicBytes ?? 0;
    this.#trimmed = place?.trimmed ?? this.#trimmed;
    if (this.#secrets.length === 0) return;
    if (place === undefined) writeFileSync(this.publicPath, '');
    else truncateSync(this.publicPath, place.publicBytes);
  }

  /** The log as it may be shown. */
  get publicPath(): string {
    return this.#secrets.length === 0 ? this.options.path : `${this.options.path}.public`;
  }

  /** The same for the results: of one that is longer than what is kept, the end. */
  async forResults(folder: string): Promise<string> {
    const { publicBytes } = this.#trimmed;
    if (publicBytes === 0) return this.publicPath;
    const target = join(folder, 'train.log');
    const where = s3Uri(this.options.prefix);
    copyEnd(this.publicPath, publicBytes, target, `… ${publicBytes} bytes of this log are in ${where} only\n`);
    return target;
  }

  get tail(): string[] {
    const { rest } = this.#lines;
    const lines = rest === '' ? this.#tail : [...this.#tail, this.#clean(rest)];
    return lines.slice(-TAIL_LINES).map((line) => line.slice(0, LONGEST_TAIL_LINE));
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, pollMs, uploadMs } = this.options;
    let uploadedAtMs = clock.monotonic();
    while (!signal.aborted) {
      const isMore = this.read();
      if (clock.monotonic() - uploadedAtMs >= uploadMs) {
        uploadedAtMs = clock.monotonic();
        this.#upload().catch((error: unknown) => this.options.log(`training log: ${messageOf(error)}`));
      }
      await clock.sleep(isMore ? 0 : pollMs, signal);
    }
  }

  /** Everything that is there, to S3. */
  async flush(giveUpAfterMs: number): Promise<void> {
    const { clock, log } = this.options;
    const untilMs = clock.monotonic() + giveUpAfterMs;
    while ((this.read() || this.#isFull) && clock.monotonic() < untilMs) {
      if (this.#isFull) await this.#room(untilMs - clock.monotonic());
      else await clock.sleep(0);
    }
    const rest = this.#lines.takeRest();
    if (rest !== '') this.#take(rest, '\n');
    this.#publish();
    await retry(() => this.#upload(), { clock, log, what: 'training log', giveUpAfterMs });
  }

  async #room(withinMs: number): Promise<void> {
    const over = new AbortController();
    await Promise.race([this.#uploading, this.options.clock.sleep(withinMs, over.signal)]);
    over.abort();
  }

  get #isFull(): boolean {
    return this.#waiting >= MOST_WAITING;
  }

  /**
   * Reads what was written since, or as much of it as can be read without keeping the agent from its notices and orders.
   * Returns whether there is more that can be read now.
   */
  read(): boolean {
    let file: number;
    try {
      file = openSync(this.options.path, 'r');
    } catch {
      return false;
    }
    const { clock } = this.options;
    const untilMs = clock.monotonic() + LONGEST_READ_MS;
    let count = 1;
    try {
      while (count > 0 && !this.#isFull && clock.monotonic() < untilMs) {
        count = readSync(file, this.#buffer, 0, CHUNK_BYTES, this.#offset);
        this.#offset += count;
        for (const { text, end } of this.#lines.push(this.#buffer.subarray(0, count))) this.#take(text, end);
        if (this.#segment.length >= SEGMENT_CHARACTERS) this.#closeSegment();
      }
    } finally {
      closeSync(file);
    }
    this.#publish();
    this.#copyLines();
    return count > 0 && !this.#isFull;
  }

  /** A full disk leaves a gap in this one; S3 has it all. */
  #publish(): void {
    const text = this.#unpublished;
    this.#unpublished = '';
    if (this.#secrets.length === 0 || text === '') return;
    try {
      appendFileSync(this.publicPath, text);
      this.#publicBytes += Buffer.byteLength(text);
    } catch (error) {
      this.options.log(`training log: ${messageOf(error)}`);
    }
  }

  #take(raw: string, end: string): void {
    const line = this.#clean(raw);
    this.#segment += line + end;
    if (this.#secrets.length > 0) this.#unpublished += line + end;
    if (line === '') return;
    this.#tail.push(line);
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    if (this.options.copy) this.#copied.push(line);
    this.options.onLine(line);
  }

  #clean(line: string): string {
    return this.#secrets.reduce((text, secret) => text.replaceAll(secret, '***'), line);
  }

  #closeSegment(): void {
    const { log, clock } = this.options;
    this.#publish();
    const put = this.#segmentPut();
    const offset = this.#offset - this.#lines.restBytes;
    const publicBytes = this.#secrets.length === 0 ? offset : this.#publicBytes;
    const place = { offset, segments: this.#segmentNumber, publicBytes };
    this.#segment = '';
    this.#uploaded = 0;
    this.#segmentNumber += 1;
    this.#waiting += 1;
    const what = 'training log';
    // For as long as it takes: what comes after waits on the disk.
    const giveUpAfterMs = Number.POSITIVE_INFINITY;
    this.#uploading = this.#uploading
      .then(() => retry(put, { clock, log, what, giveUpAfterMs, isFinal: isRefusal }))
      .then(() => this.#stored(place))
      .catch((error: unknown) => log(`${what}: a segment is lost: ${messageOf(error)}`))
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  /** What is on the disk no more is written down first: a process that dies in between has said too much, not too little. */
  async #stored(place: Omit<LogPlace, 'trimmed'>): Promise<void> {
    const { path, log } = this.options;
    const before = this.#trimmed;
    this.#trimmed = this.#canTrim ? this.#trimmable(place) : before;
    try {
      writePlace(path, { ...place, trimmed: this.#trimmed });
      await punchHole(path, before.offset, this.#trimmed.offset);
      if (this.#secrets.length > 0) await punchHole(this.publicPath, before.publicBytes, this.#trimmed.publicBytes);
    } catch (error) {
      log(`training log: it stays on the disk: ${messageOf(error)}`);
      this.#canTrim = false;
    }
  }

  #trimmable({ offset, publicBytes }: Omit<LogPlace, 'trimmed'>): LogPlace['trimmed'] {
    const to = offset - this.#keptBytes;
    const isWorthIt = to - this.#trimmed.offset >= this.#keptBytes * TRIMMED_SHARE;
    return isWorthIt ? { offset: to, publicBytes: Math.max(0, publicBytes - this.#keptBytes) } : this.#trimmed;
  }

  #segmentPut(): () => Promise<void> {
    const { store, prefix } = this.options;
    const key = `${prefix.key}train-${String(this.#segmentNumber).padStart(6, '0')}.log`;
    const text = this.#segment;
    return () => store.putText({ bucket: prefix.bucket, key }, text);
  }

  async #upload(): Promise<void> {
    await this.#uploading;
    const { length } = this.#segment;
    if (length === this.#uploaded) return;
    const number = this.#segmentNumber;
    await this.#segmentPut()();
    if (number === this.#segmentNumber) this.#uploaded = length;
  }

  #copyLines(): void {
    const { copy, clock, log } = this.options;
    if (!copy || this.#copied.length === 0) return;
    copy.write(this.#copied.splice(0), clock.now()).catch((error: unknown) => log(`log copy: ${messageOf(error)}`));
  }
}
