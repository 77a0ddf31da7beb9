/** A local folder of code as an archive: what .gitignore leaves, the same bytes for the same files. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { create } from 'tar';

/** Never code: history, the local cloud's data, what Python makes of itself. */
const ALWAYS_LEFT = ['.git/', '.runctl/', '__pycache__/', '.DS_Store'];

export interface Archive {
  path: string;
  files: number;
  sizeBytes: number;
  sha256: string;
  /** Things in the folder that do not go along, and why. */
  warnings: string[];
  dispose(): Promise<void>;
}

export async function packFolder(folder: string): Promise<Archive> {
  const { files, warnings } = await listCode(folder);
  if (files.length === 0) throw new Error(`${folder} has no files but those that .gitignore names.`);
  const scratch = await mkdtemp(join(tmpdir(), 'runctl-code-'));
  const path = join(scratch, 'code.tar.gz');
  const dispose = () => rm(scratch, { recursive: true, force: true });
  try {
    // Neither owner nor time: an archive of unchanged files is found in the bucket by its hash.
    await create({ file: path, cwd: folder, gzip: true, portable: true, follow: true, mtime: new Date(0) }, files);
    const { size } = await stat(path);
    return { path, files: files.length, sizeBytes: size, sha256: await sha256Of(path), warnings, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

interface Level {
  /** Relative to the folder, '' or ending in `/`. */
  prefix: string;
  rules: Ignore;
}

/** Files relative to the folder, sorted. A .gitignore holds for what lies below it. */
export async function listCode(folder: string): Promise<{ files: string[]; warnings: string[] }> {
  const files: string[] = [];
  const warnings: string[] = [];
  const walk = async (prefix: string, levels: readonly Level[]): Promise<void> => {
    const own = await readRules(join(folder, prefix));
    const all = own === undefined ? levels : [...levels, { prefix, rules: own }];
    for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
      const path = `${prefix}${entry.name}`;
      if (isIgnored(all, entry.isDirectory() ? `${path}/` : path)) continue;
      if (entry.isDirectory()) await walk(`${path}/`, all);
      else if (entry.isFile() || (await isLinkToFile(join(folder, path)))) files.push(path);
      else warnings.push(`${path} is neither file nor folder and stays here.`);
    }
  };
  await walk('', [{ prefix: '', rules: ignore().add(ALWAYS_LEFT) }]);
  return { files: files.sort(), warnings };
}

function isIgnored(levels: readonly Level[], path: string): boolean {
  let isLeft = false;
  for (const { prefix, rules } of levels) {
    const { ignored, unignored } = rules.test(path.slice(prefix.length));
    if (ignored) isLeft = true;
    if (unignored) isLeft = false;
  }
  return isLeft;
}

async function readRules(folder: string): Promise<Ignore | undefined> {
  try {
    return ignore().add(await readFile(join(folder, '.gitignore'), 'utf8'));
  } catch {
    return undefined;
  }
}

async function isLinkToFile(path: string): Promise<boolean> {
  const target = await stat(path).catch(() => undefined);
  return target?.isFile() ?? false;
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
