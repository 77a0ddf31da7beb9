/**
 * The code that is deployed, bundled so that it runs in a world: functions and agent with their AWS clients cut off below
 * `send`, and apart from them what needs no world (libraries and core/, which is pure), so that a function's cold start does
 * not evaluate it anew.
 */
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { ENV_SPECS } from '../../core/env';
import { changeSources, type SourceChange } from './change-sources';
import { cutOffSdk, namesByPackage } from './cut-off-sdk';
import { keepApart } from './keep-apart';

/** CommonJS texts. */
export interface Bundles {
  /** Exports a handler by the name of each function. */
  functions: string;
  /** Exports runAgent and StopLatch. */
  agent: string;
  /** Exports modules by the names under which the other two require them. */
  shared: string;
}

const COMMON = {
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // The helper for training scripts, as lib/bundles.ts has it.
  loader: { '.py': 'text' },
  // error.name and log fields come from class names.
  keepNames: true,
  logLevel: 'error',
} as const satisfies BuildOptions;

/** `changes` are made to the sources on the way: to see that a mistake in them would be found. */
export async function buildBundles(root: string, changes: readonly SourceChange[] = []): Promise<Bundles> {
  const shared = new Map<string, string>();
  const names = namesByPackage(['aws', 'lambdas', 'agent'].map((folder) => join(root, folder)));
  const changed = changeSources(root, changes);
  const plugins = [changed, cutOffSdk(names), keepApart(root, shared)];
  const bundle = async (contents: string, extra: BuildOptions = {}): Promise<string> => {
    const stdin = { contents, resolveDir: root, loader: 'ts' } as const;
    const { outputFiles } = await build({ ...COMMON, absWorkingDir: root, stdin, ...extra, write: false });
    return withCheapNames(outputFiles[0]?.text ?? '');
  };
  const functions = await bundle(
    Object.keys(ENV_SPECS)
      .map((name) => `export { handler as ${JSON.stringify(name)} } from './lambdas/${name}/handler';`)
      .join('\n'),
    { plugins },
  );
  const agent = await bundle(
    "export { runAgent } from './agent/run'; export { StopLatch } from './agent/stop-latch'; export { INTERVALS } from './agent/context';",
    { plugins },
  );
  const modules = [...shared].map(([name, path]) => `${JSON.stringify(name)}: require(${JSON.stringify(path)}),`);
  return {
    functions,
    agent,
    shared: await bundle(`module.exports = {\n${modules.join('\n')}\n};`, { plugins: [changed] }),
  };
}

const NAMING = 'var __name = (target, value) => __defProp(target, "name", { value, configurable: true });';

/** esbuild gives every function its name anew each time that it is made, which nearly all have already: it takes a tenth of a world's time. */
export function withCheapNames(text: string): string {
  return text.replace(NAMING, NAMING.replace('=> ', '=> target.name === value ? target : '));
}
