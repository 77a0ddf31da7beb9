import { readFile } from 'node:fs/promises';
import { requireJobSpec } from '../../core/job-spec-problems';
import { README } from './readme-blocks';

/** Keys and defaults of the README's table: a row may hold several of both, in the same order. */
async function tableDefaults(): Promise<Map<string, string>> {
  const text = await readFile(README, 'utf8');
  const section = /^## The job$([\s\S]*?)^Your script finds/m.exec(text)?.[1] ?? '';
  const rows = section.matchAll(/^\| (`[^|]+`) \| ([^|]+) \|/gm);
  const codes = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '');
  const entries = [...rows].flatMap(([, keys = '', defaults = '']) => {
    const values = codes(defaults);
    return codes(keys).map((key, index) => [key, values[index] ?? defaults.trim()] as const);
  });
  return new Map(entries);
}

/** `limits.maxHours` → `24`, down to the sections and no further. */
function schemaDefaults(): Map<string, string> {
  const { name, command, ...rest } = requireJobSpec({ name: 'name', command: 'command' });
  const isSection = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
  const leaves = Object.entries(rest).flatMap(([key, value]): [string, string][] =>
    isSection(value)
      ? Object.entries(value).map(([inner, each]) => [`${key}.${inner}`, JSON.stringify(each)])
      : [[key, JSON.stringify(value)]],
  );
  return new Map([['name', 'required'], ['command', 'required'], ...leaves]);
}

describe('the README’s table of the job spec', () => {
  it('names every key with its true default, and no other', async () => {
    const told = await tableDefaults();
    const byKey = (map: Map<string, string>) => Object.fromEntries([...map].sort());
    expect(byKey(told)).toEqual(byKey(schemaDefaults()));
  });

  it('gives an example that is valid', async () => {
    const text = await readFile(README, 'utf8');
    const example = /^```json\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? '';
    expect(requireJobSpec(JSON.parse(example)).name).toBe('finetune');
  });
});
