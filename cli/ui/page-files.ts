/** The built page, read once: a handful of files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { notFound } from '../cli-error';

export interface PageFile {
  body: Buffer;
  type: string;
  /** Its name changes with what is in it. */
  isImmutable: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** By their paths in addresses. @throws CliError when the page was not built. */
export function readPageFiles(folder: string): ReadonlyMap<string, PageFile> {
  if (!existsSync(join(folder, 'index.html'))) {
    throw notFound(`The page is not built: ${folder} has no index.html.`, 'Build it: npm run build:ui');
  }
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = names.map(({ parentPath, name }): [string, PageFile] => {
    const path = join(parentPath, name);
    const address = path.slice(folder.length).replaceAll('\\', '/');
    const type = TYPES[extname(name)] ?? 'application/octet-stream';
    return [address, { body: readFileSync(path), type, isImmutable: address.startsWith('/assets/') }];
  });
  const all = new Map(files);
  const index = all.get('/index.html');
  return index === undefined ? all : all.set('/', index);
}
