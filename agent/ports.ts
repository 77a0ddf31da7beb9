/** What the agent asks of the machine and of AWS. Adapters are chosen in main.ts; tests bring their own. */
import type { S3Location } from '../core/s3-layout';
import type { StoredChecksum } from './staging/checksums';

export interface Clock {
  /** Milliseconds since the Unix epoch; may jump. For dates that people read, never for measuring. */
  now(): number;
  /** Milliseconds on a clock that never jumps. */
  monotonic(): number;
  /** Resolves after `durationMs`, or at once when `signal` aborts; never rejects. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

export interface StoredText {
  text: string;
  /** Age of the object by the store's own clock: its Date less the object's Last-Modified. */
  ageMs: number;
  /** The store's own time, milliseconds since the Unix epoch. */
  storeNowMs: number;
}

export interface FileDigest {
  sizeBytes: number;
  /** Hex. */
  sha256: string;
}

export interface UploadOptions {
  /** Fails softly where an object is already. */
  createOnly?: boolean;
  /** Calls it off for good. */
  signal?: AbortSignal;
  /** `wasThere`: an earlier try had sent them. */
  onBytes?: (bytes: number, wasThere: boolean) => void;
}

export interface ListedObject {
  key: string;
  sizeBytes: number;
  /** Milliseconds since the Unix epoch, to the second. */
  modifiedAtMs: number;
}

export interface ObjectFacts {
  sizeBytes: number;
  modifiedAtMs: number;
  /** Changes with the object. */
  etag: string;
  /** Of the whole object; null where the store has none that can be checked. */
  checksum: StoredChecksum | null;
}

export interface OpenOptions {
  /** Both inclusive. */
  range?: { startByte: number; endByte: number };
  /** Fails with PreconditionFailed when the object is another one by now. */
  etag?: string;
  signal?: AbortSignal;
}

export interface ObjectStore {
  /** Undefined when there is no such object. Throws when it is larger than `maxBytes` (default 1 MiB). */
  getText(location: S3Location, maxBytes?: number): Promise<StoredText | undefined>;
  putText(location: S3Location, text: string): Promise<void>;
  /**
   * Sends a file up, in parallel parts when it is large, and says what was sent. After a failure the same call goes on with
   * what was sent of the same content.
   */
  upload(path: string, location: S3Location, options?: UploadOptions): Promise<FileDigest | 'exists'>;
  /** No upload that failed below a prefix will be tried again. Never rejects. */
  abandon(prefix: S3Location): Promise<void>;
  /** Streams an object into a new file. */
  download(location: S3Location, path: string, onBytes?: (bytes: number) => void): Promise<FileDigest>;
  /** What an object is, without its bytes. */
  describe(location: S3Location): Promise<ObjectFacts>;
  /** The bytes as they come, unchecked. Of a range, `facts.sizeBytes` is the range's and there is no checksum. */
  open(location: S3Location, options?: OpenOptions): Promise<{ facts: ObjectFacts; body: AsyncIterable<Uint8Array> }>;
  /** Everything below a prefix, page by page: there may be millions. */
  pages(prefix: S3Location): AsyncIterable<ListedObject[]>;
  /** Everything below a prefix. */
  list(prefix: S3Location): Promise<{ key: string; sizeBytes: number }[]>;
  remove(locations: readonly S3Location[]): Promise<void>;
}

/** The instance's metadata. */
export interface Metadata {
  /** The document at `path` below /latest/, undefined when there is none (404). */
  get(path: string): Promise<string | undefined>;
}

export interface ToolOptions {
  /** For its standard input. */
  input?: string;
  /** Undefined: the agent's own. */
  environment?: Readonly<Record<string, string>>;
  timeoutMs?: number;
  signal?: AbortSignal;
  onLine?: (line: string) => void;
}

/** Runs a program of the machine's and resolves with what it printed; rejects, with what it complained of, when it fails. */
export type RunTool = (program: string, args: readonly string[], options?: ToolOptions) => Promise<string>;

/** A copy of the log for people, for convenience only. */
export interface LogCopy {
  write(lines: readonly string[], atMs: number): Promise<void>;
}

export type Log = (line: string) => void;
