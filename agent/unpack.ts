/**
 * Unpacks a code archive. A member that would leave the folder, by its name or as a link, fails the whole archive, and so
 * does one that would fill the disk.
 */
import { createWriteStream, mkdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, type ReadEntry } from 'tar';
import yauzl from 'yauzl';
import { isSafePath } from './safe-path';

/** How an object is unpacked, by its name; undefined for what is no archive. */
export function archiveKind(key: string): 'tar' | 'zip' | undefined {
  if (/\.(tar|tar\.gz|tgz)$/i.test(key)) return 'tar';
  return /\.zip$/i.test(key) ? 'zip' : undefined;
}

/** `roomBytes`: most of what is free on its disk when it is not given. */
export async function unpack(kind: 'tar' | 'zip', archive: string, folder: string, roomBytes?: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const room = new Room(roomBytes ?? (await freeBytes(folder)) * MOST_OF_DISK);
  return kind === 'tar' ? unpackTar(archive, folder, room) : unpackZip(archive, folder, room);
}

/** The rest is for the agent, which ends without its state file, and for logs. */
const MOST_OF_DISK = 0.9;
/** Each takes an inode, and what it is of a disk's inodes is hard to say on a file system that makes them as it goes. */
const MOST_MEMBERS = 500_000;

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

class Room {
  #leftBytes: number;
  #members = 0;

  constructor(bytes: number) {
    this.#leftBytes = bytes;
  }

  /** What is wrong with one more member of that size. */
  problemOf(sizeBytes: number): string | undefined {
    this.#members += 1;
    this.#leftBytes -= sizeBytes;
    if (this.#members > MOST_MEMBERS) return `is one of more than ${MOST_MEMBERS}`;
    return this.#leftBytes < 0 ? 'does not fit on the disk any more (resources.volumeGiB)' : undefined;
  }
}

const refuse = (path: string, why: string) => new Error(`The archive's member ${JSON.stringify(path)} ${why}.`);

const clean = (path: string) => path.replace(/^(\.\/)+/, '').replace(/\/+$/, '');

async function unpackTar(file: string, cwd: string, room: Room): Promise<void> {
  const refused: Error[] = [];
  await extract({
    file,
    cwd,
    // Who packed it does not exist here.
    preserveOwner: false,
    filter: (path, entry) => {
      const member = entry as ReadEntry;
      // No set-user-id, whoever will own it.
      if (member.mode !== undefined) member.mode &= 0o777;
      const problem = problemOf(path, member) ?? room.problemOf(member.size);
      if (problem) refused.push(refuse(path, problem));
      return problem === undefined;
    },
    onwarn: (code, message) => {
      if (code !== 'TAR_ENTRY_INFO' && code !== 'TAR_ENTRY_UNSUPPORTED') refused.push(new Error(String(message)));
    },
  });
  if (refused[0]) throw refused[0];
}

function problemOf(path: string, entry: ReadEntry): string | undefined {
  const name = clean(path);
  if (name === '' || name === '.') return undefined;
  if (!isSafePath(name)) return 'would be written outside its folder';
  if (entry.type === 'SymbolicLink') {
    const target = entry.linkpath ?? '';
    const lands = normalize(join(dirname(name), target));
    // After a name, `..` may lead elsewhere than it reads: the name may be a link itself.
    const isHidden = /(^|\/)(?!\.{1,2}\/)[^/]+\/\.\.(\/|$)/.test(target);
    if (target.startsWith('/') || lands === '..' || lands.startsWith('../') || isHidden)
      return `is a link to ${target}, outside its folder`;
  }
  if (entry.type === 'Link' && !isSafePath(clean(entry.linkpath ?? ''))) return 'is a link out of its folder';
  return undefined;
}

const FILE_TYPE_MASK = 0o170000;
const SYMBOLIC_LINK = 0o120000;

async function unpackZip(archive: string, folder: string, room: Room): Promise<void> {
  // Absolute names, `..` and backslashes fail in yauzl itself.
  const zip = await yauzl.openPromise(archive);
  try {
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName;
      const mode = entry.externalFileAttributes >>> 16;
      if ((mode & FILE_TYPE_MASK) === SYMBOLIC_LINK)
        throw refuse(name, 'is a symbolic link, which a zip may not bring');
      const problem = room.problemOf(entry.uncompressedSize);
      if (problem) throw refuse(name, problem);
      const target = join(folder, name);
      if (name.endsWith('/')) mkdirSync(target, { recursive: true });
      else {
        mkdirSync(dirname(target), { recursive: true });
        const executable = (mode & 0o111) !== 0;
        await pipeline(
          await zip.openReadStreamPromise(entry),
          createWriteStream(target, { mode: executable ? 0o755 : 0o644 }),
        );
      }
    }
  } finally {
    zip.close();
  }
}
