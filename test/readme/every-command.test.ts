/**
 * Every command that a document shows is run by a test or by .ci/run: fenced blocks by their mark, or by a line of the table
 * below; what stands in a line of text is at least a command line that runctl and npm understand.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { CliContext } from '../../cli/context';
import { createProgram } from '../../cli/program';
import { commandsOf } from './readme-blocks';

const ROOT = path.join(__dirname, '../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

function documents(): string[] {
  const inFolder = (folder: string) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`);
  return ['README.md', 'CONTRIBUTING.md', ...inFolder('docs'), ...inFolder('examples'), ...inFolder('agent')].filter(
    (name) => name.endsWith('.md') && !name.includes('node_modules'),
  );
}

/** Blocks with these marks are run as they stand. */
const RUN_AS_THEY_STAND: Readonly<Record<string, [test: string, needle: string]>> = {
  aws: ['test/readme/aws-commands.test.ts', "shellBlocks('aws')"],
  local: ['test/readme/aws-commands.test.ts', "shellBlocks('local')"],
  runctl: ['test/cli/docs.test.ts', "blocks('runctl')"],
  completion: ['test/cli/docs.test.ts', "blocks('completion')"],
  install: ['test/cli/docs.test.ts', "blocks('install')"],
  drill: ['test/cli/drill.test.ts', "['drill', 'job.json'"],
};

/** Only an account can run them; which they are, aws-commands.test.ts holds. */
const NEEDS_AN_ACCOUNT = 'aws-account';

/** What has no mark, and where the same is done. */
const RUN_BY: readonly [command: RegExp, file: string, needle: string][] = [
  [/^npm ci && npm run quickstart$/, '.ci/run', 'npm run --silent quickstart'],
  [/^npm ci && npm test$/, '.ci/run', 'npm ci && \\(npm test\\)'],
  [/^npm run local -- up$/, 'test/cloud/local-command.test.ts', '...COMMAND, ...args'],
  [/^npm run local -- (interrupt|kill) i-[0-9a-f]+$/, 'test/cloud/local-command.test.ts', "'interrupt'"],
  [/^npm run local -- rebalance i-[0-9a-f]+$/, 'test/cloud/local-command.test.ts', "'rebalance'"],
  [/^npm run verify:aws$/, 'test/lib/verify-aws.test.ts', 'verify-aws'],
  // With an account alone.
  [/^npm run verify:aws -- --yes-spend-money$/, 'test/lib/verify-aws.test.ts', 'verify-aws'],
  [/^python3 train\.py --data digits\.csv\.gz/, 'test/examples/digits.test.ts', "'train.py'"],
  [/torchrun --nproc_per_node 4 train\.py/, 'test/examples/pytorch-ddp.test.ts', '--nproc_per_node=4'],
];

interface Shown {
  document: string;
  mark: string;
  commands: string[];
}

/** Fenced blocks of the shell, and indented ones, which have no mark. */
function blocksOf(document: string): Shown[] {
  const text = read(document);
  const fenced = [...text.matchAll(/^```(sh|bash|shell|console|zsh)[ \t]*([\w-]*)\n([\s\S]*?)^```$/gm)];
  const indented = text
    .replace(/^```[\s\S]*?^```$/gm, '')
    .matchAll(/^ {4}(?:[A-Z_]+=\S+ )?(?:npm|npx|node|python3|aws|runctl|torchrun|cdk)\b.*$/gm);
  return [
    ...fenced.map(([, , mark = '', block = '']) => ({ document, mark, commands: commandsOf(block) })),
    ...[...indented].map(([line]) => ({ document, mark: '', commands: commandsOf(line) })),
  ];
}

it('is run: in fenced and in indented blocks', () => {
  const blocks = documents().flatMap(blocksOf);
  expect(blocks.length).toBeGreaterThan(20);
  const strays = blocks
    .filter(({ mark }) => mark !== NEEDS_AN_ACCOUNT && RUN_AS_THEY_STAND[mark] === undefined)
    .flatMap(({ document, mark, commands }) =>
      commands
        .filter((command) => mark !== '' || !RUN_BY.some(([known]) => known.test(command)))
        .map((command) => `${document}: ${mark} ${command}`),
    );
  expect(strays).toEqual([]);
});

it('is run where this test believes it to be', () => {
  const claims = [...Object.values(RUN_AS_THEY_STAND), ...RUN_BY.map(([, file, needle]) => [file, needle] as const)];
  expect(claims.filter(([file, needle]) => !read(file).includes(needle))).toEqual([]);
});

/** Of the original tool, in the first column of docs/migrating.md: not ours. */
const withoutOriginal = (document: string) =>
  document === 'docs/migrating.md' ? read(document).replace(/^\| `runctl [^|]*\|/gm, '|') : read(document);

it('is, in a line of text, one that runctl takes', async () => {
  const lines = documents().flatMap((document) =>
    [...withoutOriginal(document).matchAll(/`(runctl [a-z][^`]*)`/g)].map(([, line = '']) => ({ document, line })),
  );
  expect(lines.length).toBeGreaterThan(20);
  const wrong: string[] = [];
  for (const { document, line } of lines) {
    const said = await problemOf(line.split(/\s+/).slice(1));
    if (said !== undefined) wrong.push(`${document}: ${line}: ${said}`);
  }
  expect(wrong).toEqual([]);
});

/** Parsed by the very command tree, with nothing behind it. A command that is named without its arguments is only named. */
async function problemOf(words: string[]): Promise<string | undefined> {
  const program = createProgram({ stdout: { write: () => true } } as unknown as CliContext, () => {});
  silence(program);
  try {
    await program.parseAsync(words, { from: 'user' });
    return undefined;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const isNamed = code === 'commander.missingArgument' || code === 'commander.help';
    return isNamed && words.every((word) => !word.startsWith('-')) ? undefined : message;
  }
}

function silence(command: Command): void {
  command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
  if (command.commands.length === 0) command.action(() => {});
  for (const each of command.commands) silence(each);
}
