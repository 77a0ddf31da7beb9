import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';

/** Whether a relative path from outside stays inside the folder that it is joined to. */
export function isSafePath(path: string): boolean {
  return (
    path !== '' &&
    !path.includes('\0') &&
    !path.startsWith('/') &&
    path.split('/').every((part) => part !== '..' && part !== '.' && part !== '')
  );
}

/**
 * Makes a folder below `root`, both absolute. What training or its code has put there may be a link, which is followed only
 * within `root`: the agent may write where they may not.
 */
export function makeFolderInside(root: string, folder: string): void {
  let there = folder;
  while (!existsSync(there)) there = dirname(there);
  const [realRoot, real] = [realpathSync(root), realpathSync(there)];
  if (real !== realRoot && !real.startsWith(`${realRoot}/`)) throw new Error(`${folder} leads out of ${root}`);
  mkdirSync(folder, { recursive: true });
}
