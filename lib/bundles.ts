/**
 * What runs elsewhere, bundled at synth: the functions and the agent. One esbuild run for all functions takes a tenth of
 * the time of one each (NodejsFunction). Files are put into place by rename: others may synthesize at the same time.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type BuildOptions, buildSync, type OutputFile } from 'esbuild';
import { ENV_SPECS, type FunctionName } from '../core/env';
import { PROJECT_ROOT } from './project-root';

const BUILD_FOLDER = join(PROJECT_ROOT, 'build');

const COMMON = {
  absWorkingDir: PROJECT_ROOT,
  bundle: true,
  write: false,
  platform: 'node',
  // The local cloud and the agent run on the Node that is there.
  target: 'node20',
  minify: true,
  // error.name and log fields come from class names.
  keepNames: true,
  legalComments: 'none',
  logLevel: 'error',
} as const satisfies BuildOptions;

/** Dependencies that are CommonJS call require, which ES modules do not have. */
const REQUIRE_BANNER = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

let functionFolders: ReadonlyMap<string, string> | undefined;

/**
 * Folder with a function's `index.mjs` and its source map, the SDK included: the runtime's own changes under our feet
 * and starts slower. Sources do not change while an app synthesizes: they are bundled once.
 */
export function functionBundle(name: FunctionName): string {
  functionFolders ??= bundleFunctions();
  const folder = functionFolders.get(name);
  if (folder === undefined) throw new Error(`${name} was not bundled.`);
  return folder;
}

function bundleFunctions(): Map<string, string> {
  const names = Object.keys(ENV_SPECS);
  const outdir = join(BUILD_FOLDER, 'lambdas');
  const { outputFiles } = buildSync({
    ...COMMON,
    entryPoints: names.map((name) => ({
      in: join(PROJECT_ROOT, 'lambdas', name, 'handler.ts'),
      out: join(name, 'index'),
    })),
    outdir,
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE_BANNER },
    sourcemap: 'linked',
    sourcesContent: false,
  });
  return new Map(
    names.map((name) => {
      const files = outputFiles.filter(({ path }) => basename(dirname(path)) === name);
      return [name, writeFolder(join(outdir, name), files)];
    }),
  );
}

/** Writes the files into a folder that is named by what they hold. */
function writeFolder(parent: string, files: readonly OutputFile[]): string {
  const digest = createHash('sha256');
  for (const { contents } of files) digest.update(contents);
  const folder = join(parent, digest.digest('hex').slice(0, 16));
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  for (const { path, contents } of files) writeFileSync(join(draft, basename(path)), contents);
  try {
    renameSync(draft, folder);
  } catch (error) {
    // Somebody else was first, with the same files.
    rmSync(draft, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** Bundles the agent into one file for any Node from 20 on, and returns its path. */
export function agentBundle(): string {
  const outfile = join(BUILD_FOLDER, 'agent', 'agent.cjs');
  const { outputFiles } = buildSync({
    ...COMMON,
    entryPoints: [join(PROJECT_ROOT, 'agent', 'main.ts')],
    outfile,
    format: 'cjs',
    loader: { '.py': 'text' },
  });
  mkdirSync(dirname(outfile), { recursive: true });
  const draft = `${outfile}.${process.pid}`;
  for (const { contents } of outputFiles) writeFileSync(draft, contents);
  renameSync(draft, outfile);
  return outfile;
}
