/** What is uploaded besides the template: the functions' bundles, the agent, and the Node runtimes. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { ENV_SPECS, type FunctionName } from '../../core/env';
import { functionBundle } from '../../lib/bundles';
import { NODE_RUNTIMES } from '../../lib/node-runtime';
import { PROJECT_ROOT } from '../../lib/project-root';
import { createApp } from './support/synthesize';

interface Manifest {
  files: Record<
    string,
    { source: { path?: string; executable?: string[] }; destinations: Record<string, { objectKey: string }> }
  >;
}

let directory: string;
let files: Manifest['files'][string][];
let environment: Record<string, unknown>;
beforeAll(() => {
  const { app, stack } = createApp();
  ({ directory } = app.synth());
  files = Object.values((JSON.parse(readFileSync(join(directory, 'Runctl.assets.json'), 'utf8')) as Manifest).files);
  const functions = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
  const start = functions.find(({ Properties }) => 'AGENT_KEY' in Properties.Environment.Variables);
  environment = start?.['Properties'].Environment.Variables;
}, 180_000);

const fileOf = (key: unknown) =>
  files.find(({ destinations }) => Object.values(destinations).some(({ objectKey }) => objectKey === key));

it('tells start-training the hash of the very agent that is uploaded', () => {
  const path = fileOf(environment['AGENT_KEY'])?.source.path ?? 'missing';
  const digest = createHash('sha256')
    .update(readFileSync(join(directory, path)))
    .digest('hex');
  expect(environment['AGENT_SHA256']).toBe(digest);
});

it('has the agent as one file that Node can parse', () => {
  const path = fileOf(environment['AGENT_KEY'])?.source.path ?? 'missing';
  expect(spawnSync(process.execPath, ['--check', join(directory, path)]).status).toBe(0);
});

it.each(['x86_64', 'arm64'] as const)(
  'fetches the pinned Node runtime for %s when assets are published, not at synth',
  (architecture) => {
    const name = architecture.toUpperCase();
    expect(environment[`NODE_${name}_SHA256`]).toBe(NODE_RUNTIMES[architecture].sha256);
    const source = fileOf(environment[`NODE_${name}_KEY`])?.source;
    expect(source).toEqual({ executable: ['npx', 'tsx', expect.any(String), architecture] });
    expect(existsSync(join(process.cwd(), source?.executable?.[2] ?? 'missing'))).toBe(true);
  },
);

it.each(Object.keys(ENV_SPECS) as FunctionName[])(
  'bundles %s with its SDK into one module with a source map',
  (name) => {
    const folder = functionBundle(name);
    expect(readdirSync(folder).sort()).toEqual(['index.mjs', 'index.mjs.map']);
    const module = join(folder, 'index.mjs');
    // Lambda refuses more than 50 MB zipped; a bundle that grows by ten has taken in something that it should not.
    expect(statSync(module).size).toBeLessThan(10 * 1024 * 1024);
    // Away from node_modules: what is not in the bundle cannot be found.
    const elsewhere = mkdtempSync(join(tmpdir(), 'bundle-'));
    cpSync(module, join(elsewhere, 'index.mjs'));
    const load = `import(${JSON.stringify(join(elsewhere, 'index.mjs'))}).then(({ handler }) => console.log(typeof handler))`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--eval', load], { encoding: 'utf8', env: {} });
    rmSync(elsewhere, { recursive: true });
    expect({ stdout: stdout.trim(), stderr: stderr.slice(0, 500) }).toEqual({ stdout: 'function', stderr: '' });
  },
);

it('refuses to pack a runtime for an architecture that there is none for', () => {
  const script = join(PROJECT_ROOT, 'scripts', 'pack-node-runtime.ts');
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, 'sparc'], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toContain('x86_64|arm64');
});
