/**
 * Reads a document's shell blocks by their mark: ```sh aws runs anywhere, ```sh local against the local cloud, ```sh aws-account needs
 * an AWS account.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

export const README = path.join(__dirname, '../../README.md');

export const OPERATIONS = path.join(__dirname, '../../docs/operations.md');

export async function shellBlocks(mark: 'aws' | 'aws-account' | 'local', document = README): Promise<string[]> {
  const text = await readFile(document, 'utf8');
  return [...text.matchAll(/^```sh ([a-z-]+)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === mark)
    .map(([, , block]) => block ?? '');
}

/** Commands of a block: comments and blank lines left out, continued lines joined. */
export function commandsOf(block: string): string[] {
  return block
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
