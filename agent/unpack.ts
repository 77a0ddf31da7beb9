/** Unpacks a code archive. A member that would leave the folder, by its name or as a link, fails the whole archive. */
import { createWriteStream, mkdirSync } from 'node:fs';
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

export function unpack(kind: 'tar' | 'zip', archive: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  return kind === 'tar' ? unpackTar(archive, folder) : unpackZip(archive, folder);
}

const refuse = (path: string, why: string) => new Error(`The archive's member ${JSON.stringify(path)} ${why}.`);

const clean = (path: string) => path.replace(/^(\.\/)+/, '').replace(/\/+$/, '');

async function unpackTar(file: string, cwd: string): Promise<void> {
  const refused: Error[] = [];
  await extract({
    file,
    cwd,
    // Who packed it does not exist here.
    preserveOwner: false,
    filter: (path, entry) => {
      const problem = problemOf(path, entry as ReadEntry);
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
    if (target.startsWith('/') || lands === '..' || lands.startsWith('../'))
      return `is a link to ${target}, outside its folder`;
  }
  if (entry.type === 'Link' && !isSafePath(clean(entry.linkpath ?? ''))) return 'is a link out of its folder';
  return undefined;
}

const FILE_TYPE_MASK = 0o170000;
const SYMBOLIC_LINK = 0o120000;

async function unpackZip(archive: string, folder: string): Promise<void> {
  // Absolute names, `..` and backslashes fail in yauzl itself.
  const zip = await yauzl.openPromise(archive);
  try {
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName;
      const mode = entry.externalFileAttributes >>> 16;
      if ((mode & FILE_TYPE_MASK) === SYMBOLIC_LINK)
        throw refuse(name, 'is a symbolic link, which a zip may not bring');
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
