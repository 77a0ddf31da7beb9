/** What of other people's packages gets to users' accounts, instances and machines: it is bundled, so esbuild knows. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { ENV_SPECS } from '../../core/env';
import { PROJECT_ROOT } from '../../lib/project-root';

export const PARTS = ['functions', 'agent', 'command line', 'web page'] as const;
export type Part = (typeof PARTS)[number];

const ENTRY_POINTS: Readonly<Record<Part, readonly string[]>> = {
  functions: Object.keys(ENV_SPECS).map((name) => `lambdas/${name}/handler.ts`),
  agent: ['agent/main.ts'],
  'command line': ['bin/runctl.ts'],
  'web page': ['ui/main.tsx'],
};

/** Folders of packages, relative to the project, with the parts that they are in. */
export async function shippedPackages(): Promise<Map<string, Part[]>> {
  const found = new Map<string, Part[]>();
  for (const part of PARTS) {
    for (const folder of await packagesOf(ENTRY_POINTS[part])) found.set(folder, [...(found.get(folder) ?? []), part]);
  }
  return found;
}

async function packagesOf(entryPoints: readonly string[]): Promise<Set<string>> {
  const { metafile } = await build({
    absWorkingDir: PROJECT_ROOT,
    entryPoints: [...entryPoints],
    bundle: true,
    // What several entry points share is written once, and nothing of it to disk.
    splitting: true,
    write: false,
    outdir: join(PROJECT_ROOT, 'build'),
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
    loader: { '.py': 'text', '.svg': 'text', '.woff2': 'empty' },
    jsx: 'automatic',
    jsxImportSource: 'preact',
    metafile: true,
    logLevel: 'error',
  });
  const used = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  return new Set(used.flatMap((path) => folderOf(path) ?? []));
}

/** `node_modules/a/node_modules/@b/c/index.js` is of `node_modules/a/node_modules/@b/c`. */
function folderOf(path: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
}
