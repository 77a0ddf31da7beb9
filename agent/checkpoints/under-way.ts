/**
 * One checkpoint on its way to S3, through failures: files that are there are not sent again, how fast it goes is measured, and
 * it can be cut short. A file that changed since the checkpoint was found to be finished ends it: what is sent is of one moment.
 */
import { setMaxListeners } from 'node:events';
import { realpath } from 'node:fs/promises';
import type { CheckpointManifest } from '../../core/checkpoints/checkpoint';
import { checkpointPrefix } from '../../core/s3-layout';
import { inParallel } from '../parallel';
import type { Clock, ObjectStore } from '../ports';
import type { UnfinishedCheckpoint } from '../state-file';
import { type Candidate, type CheckpointFile, identityOf } from './look';

export type StoredFile = CheckpointManifest['files'][number];

export interface UnderWayOptions {
  clock: Clock;
  store: ObjectStore;
  bucket: string;
  userId: string;
  candidate: Candidate;
  /** Its place. */
  sequence: number;
  /** Files that an earlier process of the agent has sent. */
  stored: readonly StoredFile[];
  onStored: (unfinished: UnfinishedCheckpoint) => void;
}

const PARALLEL_FILES = 16;
/** Smaller files are sent again by a restarted agent, instead of being written down one by one. */
const NOTED_FROM_BYTES = 8 * 2 ** 20;
/** A rate from less than this is a guess. */
const LEAST_MS = 1_000;

export class FileChanged extends Error {
  override readonly name = 'FileChanged';
}

export class UnderWay {
  readonly #stored: Map<string, StoredFile>;
  readonly #cut = new AbortController();
  /** Of this try. */
  #beganAtMs: number;
  #sentBytes = 0;
  /** By file, what S3 has of it. */
  readonly #there = new Map<string, number>();

  constructor(private readonly options: UnderWayOptions) {
    this.#stored = new Map(options.stored.map((file) => [file.path, file]));
    this.#beganAtMs = options.clock.monotonic();
    // Each request listens: eleven are no leak.
    setMaxListeners(0, this.#cut.signal);
  }

  get sequence(): number {
    return this.options.sequence;
  }

  get sizeBytes(): number {
    return sizeOf(this.options.candidate);
  }

  get bytesLeft(): number {
    return this.sizeBytes - [...this.#there.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Null: too little was sent to tell. */
  get bytesPerSecond(): number | null {
    const ms = this.options.clock.monotonic() - this.#beganAtMs;
    return ms < LEAST_MS || this.#sentBytes === 0 ? null : this.#sentBytes / (ms / 1000);
  }

  get isCut(): boolean {
    return this.#cut.signal.aborted;
  }

  /** What sending all of it takes, when this try took so long for what earlier ones had left. */
  secondsForAll(seconds: number): number {
    return this.#sentBytes === 0 ? seconds : seconds * Math.max(1, this.sizeBytes / this.#sentBytes);
  }

  /** For good. */
  cut(): void {
    this.#cut.abort();
  }

  /** All files. After a failure call it again. @throws FileChanged. */
  async send(): Promise<StoredFile[]> {
    this.#beganAtMs = this.options.clock.monotonic();
    this.#sentBytes = 0;
    this.#tell();
    return inParallel(this.options.candidate.files, PARALLEL_FILES, async (file) => {
      const stored = this.#stored.get(file.path) ?? (await this.#sendFile(file));
      this.#stored.set(file.path, stored);
      this.#there.set(file.path, stored.sizeBytes);
      if (stored.sizeBytes >= NOTED_FROM_BYTES) this.#tell();
      return stored;
    });
  }

  /** It will not be committed: what lies in parts is not to be paid for. */
  abandon(): Promise<void> {
    return this.options.store.abandon(this.#place(''));
  }

  async #sendFile(file: CheckpointFile): Promise<StoredFile> {
    const unchanged = async () =>
      (await identityOf(file.absolutePath)) === file.identity &&
      (await realpath(file.absolutePath)) === file.absolutePath;
    if (!(await unchanged())) throw new FileChanged(file.path);
    this.#there.set(file.path, 0);
    const digest = await this.options.store.upload(file.absolutePath, this.#place(file.path), {
      signal: this.#cut.signal,
      onBytes: (bytes, wasThere) => {
        if (!wasThere) this.#sentBytes += bytes;
        this.#there.set(file.path, (this.#there.get(file.path) ?? 0) + bytes);
      },
    });
    if (digest === 'exists' || digest.sizeBytes !== file.sizeBytes || !(await unchanged())) {
      throw new FileChanged(file.path);
    }
    return { path: file.path, ...digest };
  }

  #tell(): void {
    const { candidate, sequence, onStored } = this.options;
    const files = [...this.#stored.values()].filter(({ sizeBytes }) => sizeBytes >= NOTED_FROM_BYTES);
    onStored({ name: candidate.name, identity: candidate.identity, sequence, files });
  }

  #place(path: string) {
    const { bucket, userId, sequence } = this.options;
    return { bucket, key: `${checkpointPrefix(userId, sequence)}${path}` };
  }
}

export const sizeOf = ({ files }: Pick<Candidate, 'files'>) => files.reduce((sum, file) => sum + file.sizeBytes, 0);
