import { LEASE_MINUTES } from '../core/node/lease';
import type { Clock, Log } from './ports';

export interface RetryOptions {
  clock: Clock;
  log: Log;
  /** What is tried, for the log. */
  what: string;
  /** After this long without success the last error is thrown. */
  giveUpAfterMs: number;
  signal?: AbortSignal;
  /** Errors that no waiting mends. */
  isFinal?: (error: unknown) => boolean;
}

/**
 * For what a node must have from S3 before it can train. Longer than its lease: while all of S3 is away the lease ends first,
 * and another attempt goes on, where a failure here would end the session.
 */
export const STORAGE_PATIENCE_MS = (LEASE_MINUTES + 5) * 60_000;

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** Names of errors that say no, for good: retrying them only delays the bad news. */
const FINAL_ERRORS = new Set([
  'AccessDenied',
  'NoSuchBucket',
  'NoSuchKey',
  'NotFound',
  'Forbidden',
  'InvalidBucketName',
]);

export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The machine's own refusals: no waiting makes a name shorter, or a folder a file. */
const FINAL_CODES = new Set([
  ...['EISDIR', 'ENOTDIR', 'EEXIST', 'ENAMETOOLONG', 'EINVAL', 'ELOOP', 'EACCES', 'EROFS', 'ENOSPC'],
  'ERR_INVALID_ARG_VALUE',
]);

/** Whether S3 or this machine refused, as opposed to being unreachable or busy. */
export function isRefusal(error: unknown): boolean {
  const { code } = Object(error) as NodeJS.ErrnoException;
  return FINAL_ERRORS.has(nameOf(error)) || (code !== undefined && FINAL_CODES.has(code));
}

/** Tries again with growing waits, until success, a final error, the end of patience, or `signal`. */
export async function retry<T>(task: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, log, what, giveUpAfterMs, signal, isFinal = () => false } = options;
  const startedAtMs = clock.monotonic();
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      return await task();
    } catch (error) {
      const leftMs = startedAtMs + giveUpAfterMs - clock.monotonic();
      if (isFinal(error) || signal?.aborted || leftMs <= 0) throw error;
      log(`${what}: ${nameOf(error)}: ${messageOf(error)}; trying again`);
      await clock.sleep(Math.min(waitMs, leftMs), signal);
    }
  }
}
