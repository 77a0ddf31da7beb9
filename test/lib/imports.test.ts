/** Who may import whom (.dependency-cruiser.cjs): that the project keeps to it, and that a breach would be found. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PROJECT_ROOT } from '../../lib/project-root';

const BIOME = join(PROJECT_ROOT, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
const CRUISER = join(PROJECT_ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
const FOLDERS = ['bin', 'lib', 'lambdas', 'core', 'aws', 'agent', 'local', 'cli', 'simulation'];

function cruise(root: string): { status: number | null; output: string } {
  const folders = FOLDERS.filter((folder) => existsSync(join(root, folder)));
  const config = join(PROJECT_ROOT, '.dependency-cruiser.cjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [CRUISER, '--config', config, ...folders], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

it('is kept to in the whole project', () => {
  expect(cruise(PROJECT_ROOT)).toMatchObject({ status: 0 });
});

describe('a breach', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'imports-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const write = (path: string, source: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), source);
  };

  it.each([
    ['core', 'aws'],
    ['core', 'lib'],
    ['aws', 'lambdas'],
    ['lambdas', 'lib'],
    ['lambdas', 'local'],
    ['lib', 'aws'],
    ['lib', 'agent'],
    ['agent', 'aws'],
    ['agent', 'lambdas'],
    ['local', 'lambdas'],
    ['local', 'aws'],
    ['local', 'agent'],
    ['local', 'lib'],
    ['cli', 'aws'],
    ['cli', 'local'],
  ])('is found when %s imports %s, even a type of it', (from, to) => {
    write(`${to}/target.ts`, 'export interface Target { name: string }\n');
    write(`${from}/source.ts`, `import type { Target } from '../${to}/target';\nexport type Source = Target;\n`);
    const { status, output } = cruise(root);
    expect(output).toContain(`${from}-imports: ${from}/source.ts`);
    expect(status).not.toBe(0);
  });

  it('is found in the web page, whose files the cruiser cannot read, by the linter', () => {
    copyFileSync(join(PROJECT_ROOT, 'biome.json'), join(root, 'biome.json'));
    const lint = (source: string) => {
      write('ui/source.ts', source);
      return spawnSync(process.execPath, [BIOME, 'lint', '--vcs-enabled=false', 'ui'], { cwd: root }).status;
    };
    expect(lint("export type { Plan } from '../core/plan';\n")).toBe(0);
    expect(lint("export type { Plan } from '../lambdas/plan';\n")).not.toBe(0);
  });

  it.each(['node:fs', 'node:child_process', 'node:process'])('is found when core imports %s', (module) => {
    write('core/source.ts', `import * as it from '${module}';\nexport const source = it;\n`);
    expect(cruise(root).output).toContain('core-has-no-sdk');
  });

  it('is none when each imports what it may', () => {
    write('core/target.ts', 'export interface Target { name: string }\n');
    for (const from of ['aws', 'lambdas', 'lib', 'agent', 'local', 'cli', 'ui']) {
      write(`${from}/source.ts`, `import type { Target } from '../core/target';\nexport type Source = Target;\n`);
    }
    expect(cruise(root)).toMatchObject({ status: 0 });
  });
});

it('keeps the domain pure: no environment, clock, randomness or console in core', () => {
  const impure =
    /\bprocess\.|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bconsole\.|\bperformance\.now\(|\brandomUUID\(/;
  const files = readdirSync(join(PROJECT_ROOT, 'core'), { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => file.endsWith('.ts'));
  expect(sources.length).toBeGreaterThan(10);
  const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  const found = sources.filter((file) =>
    impure.test(withoutComments(readFileSync(join(PROJECT_ROOT, 'core', file), 'utf8'))),
  );
  expect(found).toEqual([]);
});
