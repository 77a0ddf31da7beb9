/**
 * Follows the training log: whole to S3 in segments, the last lines for the final status, each line to whoever listens.
 * Training writes into the file itself, so that neither a slow network nor a restart of the agent ever blocks it.
 */
import { appendFileSync, closeSync, mkdirSync, openSync, readSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { S3Location } from '../core/s3-layout';
import type { Clock, Log, LogCopy, ObjectStore } from './ports';
import { messageOf, retry } from './retry';

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
}

const CHUNK_BYTES = 256 * 1024;
/** The rest is read in the next turn. */
const LONGEST_READ_MS = 200;
const SEGMENT_CHARACTERS = 4 * 2 ** 20;
/** A longer line is cut: it would fill memory. */
const LONGEST_LINE = 64 * 1024;
const TAIL_LINES = 50;
const LONGEST_TAIL_LINE = 2000;
/** A shorter value would turn up everywhere. */
const SHORTEST_SECRET = 4;

export class LogKeeper {
  readonly #decoder = new StringDecoder('utf8');
  readonly #secrets: string[];
  readonly #buffer = Buffer.alloc(CHUNK_BYTES);
  #offset = 0;
  #partial = '';
  #segment = '';
  #segmentNumber = 1;
  /** Characters of the segment that are in S3. */
  #uploaded = 0;
  #tail: string[] = [];
  /** Of the log as it may be shown, what is not in its file yet. */
  #unpublished = '';
  #copied: string[] = [];
  #uploading: Promise<void> = Promise.resolve();

  constructor(private readonly options: LogKeeperOptions) {
    this.#secrets = options.secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
    mkdirSync(dirname(options.path), { recursive: true });
    if (this.#secrets.length > 0) writeFileSync(this.publicPath, '');
  }

  /** The log as it may be shown. */
  get publicPath(): string {
    return this.#secrets.length === 0 ? this.options.path : `${this.options.path}.public`;
  }

  get tail(): string[] {
    const lines = this.#partial === '' ? this.#tail : [...this.#tail, this.#clean(this.#partial)];
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
    const startedAtMs = clock.monotonic();
    while (this.read() && clock.monotonic() - startedAtMs < giveUpAfterMs) await clock.sleep(0);
    if (this.#partial !== '') this.#take(this.#partial, '\n');
    this.#partial = '';
    this.#publish();
    await retry(() => this.#upload(), { clock, log, what: 'training log', giveUpAfterMs });
  }

  /**
   * Reads what was written since, or as much of it as can be read without keeping the agent from its notices and orders.
   * Returns whether there is more.
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
      const buffer = this.#buffer;
      for (; count > 0 && clock.monotonic() < untilMs; this.#offset += count) {
        count = readSync(file, buffer, 0, CHUNK_BYTES, this.#offset);
        this.#split(this.#decoder.write(buffer.subarray(0, count)));
      }
    } finally {
      closeSync(file);
    }
    this.#publish();
    this.#copyLines();
    return count > 0;
  }

  #publish(): void {
    if (this.#secrets.length > 0) appendFileSync(this.publicPath, this.#unpublished);
    this.#unpublished = '';
  }

  /** Progress bars end their lines with a carriage return alone. */
  #split(text: string): void {
    const parts = (this.#partial + text).split(/(\r\n|\n|\r)/);
    this.#partial = parts.pop() ?? '';
    for (let at = 0; at < parts.length; at += 2) this.#take(parts[at] ?? '', parts[at + 1] ?? '\n');
    if (this.#partial.length <= LONGEST_LINE) return;
    this.#take(this.#partial, '\n');
    this.#partial = '';
  }

  #take(raw: string, end: string): void {
    const line = this.#clean(raw);
    this.#segment += line + end;
    if (this.#secrets.length > 0) this.#unpublished += line + end;
    if (this.#segment.length >= SEGMENT_CHARACTERS) this.#closeSegment();
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
    const put = this.#segmentPut();
    this.#segment = '';
    this.#uploaded = 0;
    this.#segmentNumber += 1;
    const what = 'training log';
    this.#uploading = this.#uploading
      .then(() => retry(put, { clock, log, what, giveUpAfterMs: CLOSED_SEGMENT_PATIENCE_MS }))
      .catch((error: unknown) => log(`${what}: a segment is lost: ${messageOf(error)}`));
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

const CLOSED_SEGMENT_PATIENCE_MS = 60 * 60_000;
