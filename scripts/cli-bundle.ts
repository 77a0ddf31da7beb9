/**
 * Bundles the command line into one file that starts fast. `--help` needs a hundredth of the code; merely parsing the AWS
 * SDK would take longer than all else. So what is imported dynamically is a second bundle that lies in the first as a
 * text, and is compiled when a command first asks for it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const ROOT = join(__dirname, '..');
export const CLI_BUNDLE = join(ROOT, 'build', 'cli', 'runctl.cjs');

const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minify: true,
  // error.name comes from class names.
  keepNames: true,
  // Of Node's own modules: a text that is compiled may not import.
  supported: { 'dynamic-import': false },
  legalComments: 'none',
  logLevel: 'error',
} as const satisfies BuildOptions;

const LAZY = 'lazy';

/** Returns the file's path and, for a test, the modules that are run at each start. */
export async function bundleCli(path = CLI_BUNDLE): Promise<{ path: string; eagerModules: string[] }> {
  const lazyModules = new Set<string>();
  const eager = await build({
    ...COMMON,
    entryPoints: [join(ROOT, 'bin', 'runctl.ts')],
    plugins: [collectLazy(lazyModules)],
    metafile: true,
  });
  const lazy = await build({ ...COMMON, stdin: { contents: lazyEntry(lazyModules), resolveDir: ROOT, loader: 'js' } });
  const lazyText = JSON.stringify(lazy.outputFiles[0]?.text ?? '');
  const file = `#!/usr/bin/env node\n${LOADER}\n${eager.outputFiles[0]?.text ?? ''}\nvar __lazyText = ${lazyText};\n`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file, { mode: 0o755 });
  return { path, eagerModules: Object.keys(eager.metafile.inputs) };
}

/** The text stands at the end of the file: dynamic imports run after all of it. */
const LOADER = `var __lazyModules;function __lazy(name){
if(!__lazyModules){const m={exports:{}};require("node:vm").compileFunction(__lazyText,["exports","require","module","__filename","__dirname"],{filename:__filename+"?lazy"})(m.exports,require,m,__filename,__dirname);__lazyModules=m.exports}
return __lazyModules[name]()}`;

/** Leaves a word in the place of each module that is imported dynamically. */
function collectLazy(found: Set<string>): Plugin {
  return {
    name: LAZY,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined;
        const name = relative(ROOT, join(resolveDir, path));
        found.add(name);
        return { path: name, namespace: LAZY };
      });
      onLoad({ filter: /.*/, namespace: LAZY }, ({ path }) => ({
        contents: `module.exports = __lazy(${JSON.stringify(path)})`,
        loader: 'js',
      }));
    },
  };
}

function lazyEntry(modules: ReadonlySet<string>): string {
  const entries = [...modules].map((name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(`./${name}`)})`);
  return `module.exports = { ${entries.join(',\n')} }`;
}
