import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { requireJobSpec } from '../../core/job/job-spec-problems';
import { README } from './readme-blocks';

const MIGRATING = path.join(__dirname, '../../docs/migrating.md');

it.each([
  ['the README', README, 'json', 1],
  ['the page about migrating', MIGRATING, 'json job', 2],
])('every job spec of %s is valid', async (_, document, mark, count) => {
  const text = await readFile(document, 'utf8');
  const examples = [...text.matchAll(/^```(.+)\n([\s\S]*?)^```$/gm)].filter(([, found]) => found === mark);
  const names = examples.map(([, , example = '']) => requireJobSpec(JSON.parse(example)).name);
  expect(names).toEqual(Array.from({ length: count }, () => 'finetune'));
});
