/**
 * One object, or all below a prefix, onto the disk: listed page by page, fetched many at a time. What is there already is not
 * fetched again.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { onDisk } from '../../core/plan/disk-room';
import { type S3Location, s3Uri } from '../../core/s3-layout';
import type { Clock, ListedObject, Log, ObjectStore } from '../ports';
import { isRefusal, messageOf, nameOf, retry, STORAGE_PATIENCE_MS } from '../retry';
import { isSafePath } from '../safe-path';
import { TransferMeter } from '../transfer-meter';
import {
  ContentMismatch,
  type FetchContext,
  fetchWhole,
  isLarge,
  isThere,
  LargeFetch,
  type Target,
} from './fetch-object';
import { bytesBelow, checkFits, isDiskFull } from './free-space';
import { Tally } from './tally';
import { runTasks, type Task } from './tasks';

export interface StageOptions {
  clock: Clock;
  log: Log;
  store: ObjectStore;
  /** Ends it: the instance is to stop. */
  signal: AbortSignal;
  freeBytes: (folder: string) => Promise<number>;
  /** Size of the root volume, for advice. */
  volumeGiB: number;
  /** For what is not whole yet; on the same disk as the target. */
  partials: string;
  onBegin: (meter: TransferMeter) => void;
}

/** At 30 ms a request as many as this bring 2,000 small files a second. */
const PARALLEL_REQUESTS = 64;
const MIB = 2 ** 20;

export const isPrefix = ({ key }: S3Location) => key === '' || key.endsWith('/');

/** An object keeps its name below `folder`. */
export async function stageObjects(what: string, from: S3Location, folder: string, options: StageOptions) {
  const { clock, log, signal, partials, store, onBegin } = options;
  await mkdir(folder, { recursive: true });
  await mkdir(partials, { recursive: true });
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  const meter = new TransferMeter(() => clock.monotonic());
  onBegin(meter);
  const tally = new Tally();
  const context: FetchContext = { store, meter, tally, signal: both, partials, underWay: new Set() };
  try {
    if (!isPrefix(from)) targetOf(from, folder, { key: from.key, sizeBytes: 0, modifiedAtMs: 0 });
    const room = await roomFor(folder, options);
    const totals = addUp(what, from, { ...options, signal: both }, room).then((total) => meter.setTotal(total));
    await allOrFirstFailure(ended, [
      totals,
      runTasks(tasksFor(from, folder, context, options), PARALLEL_REQUESTS, both),
    ]);
  } finally {
    await Promise.all([...context.underWay].map((large) => large.close()));
  }
  await rm(partials, { recursive: true, force: true });
  const { doneFiles, doneBytes } = meter.read();
  const { movedBytes, seconds } = meter;
  const rate = seconds > 0 ? `, ${(movedBytes / MIB / seconds).toFixed(0)} MiB/s` : '';
  log(
    `${what}: ${doneFiles.toLocaleString('en-US')} files, ${(doneBytes / MIB).toFixed(1)} MiB, in ${seconds.toFixed(1)} s${rate}; ` +
      `verified: ${tally}`,
  );
}

/** The first failure ends the others, and is thrown once they are over. */
async function allOrFirstFailure(ended: AbortController, work: readonly Promise<void>[]): Promise<void> {
  const failures: unknown[] = [];
  const told = work.map((each) =>
    each.catch((error: unknown) => {
      failures.push(error);
      ended.abort(error);
    }),
  );
  await Promise.all(told);
  if (failures.length > 0) throw failures[0];
}

/** Free, and taken by what an earlier process of the agent brought. */
async function roomFor(folder: string, { freeBytes, partials }: StageOptions): Promise<number> {
  const [free, ...taken] = await Promise.all([freeBytes(folder), bytesBelow(folder), bytesBelow(partials)]);
  return taken.reduce((sum, bytes) => sum + bytes, free);
}

/** Runs ahead of the fetching, and ends it when there will be no room. */
async function addUp(what: string, from: S3Location, options: StageOptions, roomBytes: number) {
  const total = { bytes: 0, files: 0 };
  let neededBytes = 0;
  for await (const page of pagesOf(from, options)) {
    for (const { sizeBytes } of page) {
      total.bytes += sizeBytes;
      total.files += 1;
      neededBytes += onDisk(sizeBytes);
    }
  }
  if (total.files === 0) throw new Error(`there is nothing at ${s3Uri(from)}`);
  checkFits({ what: `${what} (${s3Uri(from)})`, neededBytes, roomBytes, volumeGiB: options.volumeGiB });
  return total;
}

/** Keys ending in / are the "folders" that consoles make. */
async function* pagesOf(from: S3Location, options: StageOptions): AsyncGenerator<ListedObject[]> {
  const { store } = options;
  if (!isPrefix(from)) {
    const facts = await patiently(`looking at ${s3Uri(from)}`, options, () => store.describe(from));
    yield [{ ...facts, key: from.key }];
    return;
  }
  const pages = store.pages(from)[Symbol.asyncIterator]();
  for (;;) {
    options.signal.throwIfAborted();
    const { value, done } = await patiently(`listing ${s3Uri(from)}`, options, () => pages.next());
    if (done) return;
    yield value.filter(({ key }) => !key.endsWith('/'));
  }
}

async function* tasksFor(
  from: S3Location,
  folder: string,
  context: FetchContext,
  options: StageOptions,
): AsyncGenerator<Task> {
  const { meter, tally } = context;
  const isFresh = (await readdir(folder)).length === 0;
  for await (const page of pagesOf(from, options)) {
    for (const listed of page) {
      const target = targetOf(from, folder, listed);
      if (!isFresh && (await isThere(target))) {
        meter.found(listed.sizeBytes);
        meter.fileDone();
        tally.found();
      } else if (isLarge(target)) yield* rangesOf(target, context, options);
      else yield () => fetch(target, options, () => fetchWhole(target, context));
    }
  }
}

function targetOf(from: S3Location, folder: string, listed: ListedObject): Target {
  const path = isPrefix(from) ? listed.key.slice(from.key.length) : basename(listed.key);
  if (!isSafePath(path)) throw new Error(`the key ${JSON.stringify(listed.key)} cannot be a file name`);
  return { location: { bucket: from.bucket, key: listed.key }, listed, path: join(folder, path) };
}

async function* rangesOf(target: Target, context: FetchContext, options: StageOptions): AsyncGenerator<Task> {
  const large = await fetch(target, options, () => LargeFetch.begin(target, context));
  const { missing } = large;
  if (missing.length === 0) yield () => fetch(target, options, () => large.finish());
  for (const number of missing) {
    yield async () => {
      await fetch(target, options, () => large.fetchRange(number));
      if (large.takeCompletion()) await fetch(target, options, () => large.finish());
    };
  }
}

function fetch<T>({ location }: Target, options: StageOptions, task: () => Promise<T>): Promise<T> {
  return patiently(`downloading ${s3Uri(location)}`, options, task);
}

async function patiently<T>(what: string, { clock, log, signal, volumeGiB }: StageOptions, task: () => Promise<T>) {
  try {
    return await retry(task, { clock, log, what, giveUpAfterMs: STORAGE_PATIENCE_MS, signal, isFinal });
  } catch (error) {
    if (isDiskFull(error)) throw new Error(`${what}: the disk is full. Set resources.volumeGiB above ${volumeGiB}.`);
    throw new Error(`${what}: ${nameOf(error)}: ${messageOf(error)}`, { cause: error });
  }
}

function isFinal(error: unknown): boolean {
  return isRefusal(error) || error instanceof ContentMismatch || nameOf(error) === 'PreconditionFailed';
}
