import { isAbsolute, relative, sep } from 'node:path';

/** A path as people like to read it: from the folder they are in, or whole when it lies outside of it. */
export function shownPath(cwd: string, path: string): string {
  const inside = relative(cwd, path) || '.';
  return inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside) ? path : inside;
}
