import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { README } from './readme-blocks';

it('names every setting of cdk.json’s context, and no other', async () => {
  const readme = await readFile(README, 'utf8');
  const section = /^## On AWS$([\s\S]*?)^### /m.exec(readme)?.[1] ?? '';
  const told = [...section.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, keys = '']) =>
    [...keys.matchAll(/`([^`]+)`/g)].map(([, key]) => key),
  );

  const { context } = JSON.parse(await readFile(path.join(__dirname, '../../cdk.json'), 'utf8'));
  const settings = Object.keys(context).filter((key) => !key.startsWith('@'));
  expect(told.sort()).toEqual(settings.sort());
});
