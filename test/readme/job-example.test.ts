import { readFile } from 'node:fs/promises';
import { requireJobSpec } from '../../core/job-spec-problems';
import { README } from './readme-blocks';

it('is valid', async () => {
  const text = await readFile(README, 'utf8');
  const example = /^```json\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? '';
  expect(requireJobSpec(JSON.parse(example)).name).toBe('finetune');
});
