/** Folders and files of this machine that a spec names as code or data, and what stands in the spec instead. */
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { SpecProblem } from '../../core/job/job-spec-problems';
import { s3Uri } from '../../core/s3-layout';
import { packFolder, sha256Of } from './code-archive';
import type { RawSpec, ReadSpec } from './read-spec';

/** Where the command line puts them: below, by what they hold. */
export const UPLOADS_PREFIX = 'uploads/';

export interface UploadFile {
  path: string;
  key: string;
  sizeBytes: number;
}

/** What of this machine has to be in the bucket before the job starts. */
export interface LocalSource {
  field: 'code' | 'data';
  /** As the spec names it. */
  given: string;
  /** What the spec says instead. */
  uri: string;
  files: UploadFile[];
  /** What the user has here: the files of a folder of code go up as one archive. */
  ownFiles: number;
  warnings: string[];
}

export interface Localized {
  /** The spec with addresses in S3 alone. */
  raw: RawSpec;
  sources: LocalSource[];
  problems: SpecProblem[];
  dispose(): Promise<void>;
}

const ARCHIVE = /\.(tar|tar\.gz|tgz|zip)$/i;

export async function localizeSpec(
  { raw, folder }: Pick<ReadSpec, 'raw' | 'folder'>,
  bucket: string,
): Promise<Localized> {
  const localized: Localized = { raw: { ...raw }, sources: [], problems: [], dispose: async () => {} };
  for (const field of ['code', 'data'] as const) {
    const given = raw[field];
    if (typeof given !== 'string' || given.startsWith('s3://')) continue;
    const path = resolve(folder, given);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) {
      const message = `found ${JSON.stringify(given)}; there is no ${path}, and it is no s3:// address`;
      localized.problems.push({ field, message });
      continue;
    }
    const source = await SOURCES[field]({ path, given, isFolder: found.isDirectory(), bucket, localized });
    if (source === undefined) continue;
    localized.sources.push(source);
    localized.raw[field] = source.uri;
  }
  return localized;
}

interface Given {
  path: string;
  given: string;
  isFolder: boolean;
  bucket: string;
  localized: Localized;
}

const SOURCES = { code: codeSource, data: dataSource };

async function codeSource({ path, given, isFolder, bucket, localized }: Given): Promise<LocalSource | undefined> {
  if (!isFolder && !ARCHIVE.test(path)) {
    const message = `found ${JSON.stringify(given)}; code is a folder, or a .tar.gz, .tgz, .tar or .zip`;
    localized.problems.push({ field: 'code', message });
    return undefined;
  }
  if (!isFolder) return oneFile('code', { path, given, bucket });
  const { path: archive, files: ownFiles, sha256, sizeBytes, warnings, dispose } = await packFolder(path);
  localized.dispose = dispose;
  const key = `${UPLOADS_PREFIX}code/${sha256.slice(0, 32)}.tar.gz`;
  const files = [{ path: archive, key, sizeBytes }];
  return { field: 'code', given, uri: s3Uri({ bucket, key }), files, ownFiles, warnings };
}

async function dataSource({ path, given, isFolder, bucket, localized }: Given): Promise<LocalSource | undefined> {
  if (!isFolder) return oneFile('data', { path, given, bucket });
  const names = (await readdir(path, { recursive: true })).sort();
  const found = await Promise.all(
    names.map(async (name) => ({ name: name.replaceAll('\\', '/'), stats: await stat(join(path, name)) })),
  );
  const hashed: { name: string; sizeBytes: number; sha256: string }[] = [];
  for (const { name, stats } of found) {
    if (!stats.isFile()) continue;
    hashed.push({ name, sizeBytes: stats.size, sha256: await sha256Of(join(path, name)) });
  }
  if (hashed.length === 0) {
    localized.problems.push({ field: 'data', message: `found ${JSON.stringify(given)}; there are no files in it` });
    return undefined;
  }
  const digest = createHash('sha256').update(JSON.stringify(hashed)).digest('hex');
  const prefix = `${UPLOADS_PREFIX}data/${digest.slice(0, 32)}/`;
  const files = hashed.map(({ name, sizeBytes }) => ({ path: join(path, name), key: `${prefix}${name}`, sizeBytes }));
  return { field: 'data', given, uri: s3Uri({ bucket, key: prefix }), files, ownFiles: files.length, warnings: [] };
}

/** Keeps its name: training may go by it. */
async function oneFile(
  field: LocalSource['field'],
  { path, given, bucket }: Pick<Given, 'path' | 'given' | 'bucket'>,
): Promise<LocalSource> {
  const { size } = await stat(path);
  const sha256 = await sha256Of(path);
  const key = `${UPLOADS_PREFIX}${field}/${sha256.slice(0, 32)}/${basename(path)}`;
  const files = [{ path, key, sizeBytes: size }];
  return { field, given, uri: s3Uri({ bucket, key }), files, ownFiles: 1, warnings: [] };
}
