/**
 * Results: everything in the output folder and the log, create-only, the manifest last. What is there already with the same
 * content is fine; what differs is another attempt's, and ours goes below attempt-<n>/.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { RESULTS_MANIFEST, type ResultsManifest } from '../core/checkpoints/results';
import { type S3Location, s3Uri } from '../core/s3-layout';
import { digestOf } from './file-digest';
import { inParallel } from './parallel';
import type { Clock, FileDigest, Log, ObjectStore } from './ports';
import { isRefusal, retry } from './retry';

export interface ResultsOptions {
  clock: Clock;
  log: Log;
  warn: Log;
  store: ObjectStore;
  sessionId: string;
  attempt: number;
  /** Ends in `/`. */
  target: S3Location;
  /** Everything goes below attempt-<n>/: the session goes on, or has failed. */
  aside: boolean;
  outputFolder: string;
  /** Shown to others, as train.log. */
  logPath: string | undefined;
  /** For small files of the agent's own. */
  scratchFolder: string;
  giveUpAfterMs: number;
  signal?: AbortSignal;
  onFraction: (fraction: number) => void;
}

const PARALLEL_FILES = 16;
const LOG_NAME = 'train.log';

interface Source {
  absolutePath: string;
  path: string;
}

/** Returns the manifest's s3:// address. */
export async function uploadResults(options: ResultsOptions): Promise<string> {
  const sources = await filesOf(options);
  const below = (folder: string) => ({ bucket: options.target.bucket, key: `${options.target.key}${folder}` });
  const places = [...(options.aside ? [] : [below('')]), below(`attempt-${options.attempt}/`)];
  let done = 0;
  const files = await inParallel(sources, PARALLEL_FILES, async (source) => {
    const put = await putOnce(source, places, options);
    done += 1;
    options.onFraction(done / sources.length);
    return put;
  });
  const manifest: ResultsManifest = { version: 1, sessionId: options.sessionId, attempt: options.attempt, files };
  const manifestPath = join(options.scratchFolder, RESULTS_MANIFEST);
  writeFileSync(manifestPath, JSON.stringify(manifest, null, 2));
  return (await putOnce({ absolutePath: manifestPath, path: RESULTS_MANIFEST }, places, options)).uri;
}

/** Symbolic links are not followed: they may lead anywhere. */
async function filesOf({ outputFolder, logPath, warn }: ResultsOptions): Promise<Source[]> {
  const root = await realpath(outputFolder);
  const found: Source[] = [];
  const walk = async (prefix: string): Promise<void> => {
    for (const entry of await readdir(join(root, prefix), { withFileTypes: true })) {
      const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) found.push({ absolutePath: join(root, path), path });
      else warn(`${path} in the output folder is no file and is not uploaded.`);
    }
  };
  await walk('');
  const isTaken = (name: string) => found.some(({ path }) => path === name);
  if (isTaken(RESULTS_MANIFEST)) throw new Error(`${RESULTS_MANIFEST} in the output folder is runctl's own name`);
  if (logPath !== undefined) {
    found.push({ absolutePath: logPath, path: isTaken(LOG_NAME) ? `runctl-${LOG_NAME}` : LOG_NAME });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

type ResultFile = ResultsManifest['files'][number];

async function putOnce(source: Source, places: readonly S3Location[], options: ResultsOptions): Promise<ResultFile> {
  const { store, clock, log, warn, giveUpAfterMs, signal } = options;
  for (const place of places) {
    const location = { bucket: place.bucket, key: `${place.key}${source.path}` };
    const uri = s3Uri(location);
    const put = await retry(
      () => store.upload(source.absolutePath, location, { createOnly: true, ...(signal ? { signal } : {}) }),
      {
        clock,
        log,
        what: `uploading ${uri}`,
        giveUpAfterMs,
        isFinal: isRefusal,
        ...(signal ? { signal } : {}),
      },
    );
    if (put !== 'exists') return { uri, path: source.path, ...put };
    const own = await digestOf(source.absolutePath);
    if (await isSame(location, own, options)) return { uri, path: source.path, ...own };
    warn(`${uri} exists already with other content; it stays as it is.`);
  }
  throw new Error(`${source.path} could be put nowhere: every place holds another file`);
}

async function isSame(location: S3Location, own: FileDigest, options: ResultsOptions): Promise<boolean> {
  const { store, clock, log, giveUpAfterMs } = options;
  const copy = join(options.scratchFolder, `compare-${createHash('sha256').update(location.key).digest('hex')}`);
  const what = `comparing ${s3Uri(location)}`;
  const there = await retry(() => store.download(location, copy), {
    clock,
    log,
    what,
    giveUpAfterMs,
    isFinal: isRefusal,
  });
  return there.sha256 === own.sha256;
}
