/** One look at the checkpoint folder: what lies in it under a final name, and which inodes lie under temporary ones. */
import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import picomatch from 'picomatch';
import { type CheckpointManifest, stepFromName } from '../../core/checkpoints/checkpoint';

export interface CheckpointFile {
  /** Relative to the checkpoint folder itself for a file, to the folder of that name for a folder. */
  path: string;
  absolutePath: string;
  sizeBytes: number;
  /** Changes with whatever is done to the file's content. */
  identity: string;
}

export interface Candidate {
  name: string;
  kind: CheckpointManifest['kind'];
  files: CheckpointFile[];
  /** Of all files together. */
  identity: string;
  /** Device and inode of the file or folder itself: a rename keeps them. */
  inode: string;
  newestMtimeNs: bigint;
  /** When the first of its files was created; undefined where the file system does not tell. */
  oldestBirthNs: bigint | undefined;
}

export interface Look {
  candidates: Candidate[];
  /** Of everything under a name that training uses while writing. */
  temporaryInodes: Set<string>;
}

const LONGEST_SAVE_SECONDS = 1800;

/** Names under which scripts and libraries write before they rename. */
export function isTemporaryName(name: string): boolean {
  return (
    name.startsWith('.') ||
    /^te?mp[-_.]/i.test(name) ||
    /(\.(te?mp|part|partial|incomplete|lock)|\.tempstate\d+|~)$/i.test(name)
  );
}

export function nameMatcher(pattern: string): (name: string) => boolean {
  const matches = picomatch(pattern);
  return (name) => matches(name);
}

/** Writing it, in seconds; null where that cannot be told (a file that is written over again and again was born long ago). */
export function saveSecondsOf({ newestMtimeNs, oldestBirthNs }: Candidate): number | null {
  if (oldestBirthNs === undefined || oldestBirthNs > newestMtimeNs) return null;
  const seconds = Number(newestMtimeNs - oldestBirthNs) / 1e9;
  return seconds <= LONGEST_SAVE_SECONDS ? seconds : null;
}

/** A folder that is not there yet looks empty. Symbolic links are neither followed nor counted. */
export async function lookAt(folder: string, matches: (name: string) => boolean): Promise<Look> {
  const look: Look = { candidates: [], temporaryInodes: new Set() };
  const entries = await entriesOf(folder);
  const groups = groupsIn(entries);
  for (const [name, members] of groups) {
    const group = matches(name) && (await candidateOf(name, 'group', join(folder, members[0] ?? ''), folder, members));
    if (group) look.candidates.push(group);
  }
  const grouped = new Set([...groups.values()].flat());
  for (const entry of entries) {
    if (grouped.has(entry.name)) continue;
    const path = join(folder, entry.name);
    try {
      if (isTemporaryName(entry.name)) look.temporaryInodes.add((await statOf(path)).inode);
      else if (matches(entry.name) && (entry.isFile() || entry.isDirectory())) {
        const candidate = await candidateAt(path, entry);
        if (candidate) look.candidates.push(candidate);
      }
    } catch (error) {
      // Renamed or deleted in between: the next look tells.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  look.candidates.sort(olderFirst);
  return look;
}

/** By their steps, where their names tell; times only where they do not. */
function olderFirst(a: Candidate, b: Candidate): number {
  const steps = [a, b].map(({ name }) => stepFromName(name));
  if (steps[0] !== undefined && steps[1] !== undefined && steps[0] !== steps[1]) return steps[0] - steps[1];
  return a.newestMtimeNs < b.newestMtimeNs ? -1 : a.newestMtimeNs > b.newestMtimeNs ? 1 : 0;
}

const GROUP_MEMBER = /^(.+)\.(index|data-\d{5}-of-\d{5})$/;

/** TensorFlow's checkpoints, which are called by what the names of their files have in common. */
function groupsIn(entries: readonly Dirent[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { name } of entries.filter((entry) => entry.isFile())) {
    const [, common] = GROUP_MEMBER.exec(name) ?? [];
    if (common !== undefined && !isTemporaryName(name))
      groups.set(common, [...(groups.get(common) ?? []), name].sort());
  }
  return new Map([...groups].filter(([name, members]) => members.length > 1 && members.includes(`${name}.index`)));
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function statOf(path: string) {
  const { dev, ino, size, mtimeNs, birthtimeNs } = await lstat(path, { bigint: true });
  return { inode: `${dev}:${ino}`, size, mtimeNs, birthtimeNs, identity: `${ino}:${size}:${mtimeNs}` };
}

/** What `identity` of a file is now; undefined when it is gone. */
export async function identityOf(path: string): Promise<string | undefined> {
  return statOf(path).then(
    ({ identity }) => identity,
    () => undefined,
  );
}

/** Undefined for what cannot be a checkpoint: an empty file, a folder without files. */
async function candidateAt(path: string, entry: Dirent): Promise<Candidate | undefined> {
  return entry.isFile()
    ? candidateOf(entry.name, 'file', path, join(path, '..'), [entry.name])
    : candidateOf(entry.name, 'folder', path, path, await filesBelow(path));
}

async function candidateOf(
  name: string,
  kind: Candidate['kind'],
  path: string,
  base: string,
  relativePaths: readonly string[],
): Promise<Candidate | undefined> {
  const own = await statOf(path);
  const files: CheckpointFile[] = [];
  let newestMtimeNs = own.mtimeNs;
  // Node's own word for "not told" is the beginning of 1970.
  let oldestBirthNs = own.birthtimeNs || undefined;
  for (const relative of relativePaths) {
    const absolutePath = join(base, relative);
    const { size, mtimeNs, birthtimeNs, identity } = await statOf(absolutePath);
    files.push({ path: relative, absolutePath, sizeBytes: Number(size), identity });
    if (mtimeNs > newestMtimeNs) newestMtimeNs = mtimeNs;
    if (oldestBirthNs !== undefined && birthtimeNs < oldestBirthNs) oldestBirthNs = birthtimeNs || undefined;
  }
  if (!files.some(({ sizeBytes }) => sizeBytes > 0)) return undefined;
  const identity = files.map((file) => `${file.path}=${file.identity}`).join('\n');
  return {
    name,
    kind,
    files,
    identity,
    inode: own.inode,
    newestMtimeNs,
    oldestBirthNs,
  };
}

async function filesBelow(folder: string, prefix = ''): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const path = join(prefix, entry.name);
    if (entry.isDirectory()) found.push(...(await filesBelow(folder, path)));
    else if (entry.isFile()) found.push(path);
  }
  return found.sort();
}
