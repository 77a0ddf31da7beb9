/** Makes small changes to sources as they are bundled; the files stay as they are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

export interface SourceChange {
  /** Relative to the project. */
  file: string;
  /** Must occur exactly once. */
  find: string;
  replace: string;
}

/** The build fails when a change finds not what it is to change. */
export function changeSources(root: string, changes: readonly SourceChange[]): Plugin {
  const byPath = new Map<string, SourceChange[]>();
  for (const change of changes) {
    const path = join(root, change.file);
    byPath.set(path, [...(byPath.get(path) ?? []), change]);
  }
  return {
    name: 'change-sources',
    setup(build) {
      if (changes.length === 0) return;
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const own = byPath.get(path);
        return own && { contents: own.reduce(changed, readFileSync(path, 'utf8')), loader: 'ts' };
      });
    },
  };
}

function changed(text: string, { file, find, replace }: SourceChange): string {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times what is to be changed: ${find}`);
  return parts.join(replace);
}
