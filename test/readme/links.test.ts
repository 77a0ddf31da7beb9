import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');

async function documents(): Promise<string[]> {
  const docs = await readdir(path.join(ROOT, 'docs'), { recursive: true });
  const found = docs.filter((name) => name.endsWith('.md')).map((name) => path.join('docs', name));
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'examples/digits/README.md', ...found];
}

describe('the documents', () => {
  it('link to nothing that is not there', async () => {
    const missing: string[] = [];
    for (const document of await documents()) {
      const text = await readFile(path.join(ROOT, document), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
        if (/^https?:/.test(target)) continue;
        if (!existsSync(path.join(ROOT, path.dirname(document), target))) missing.push(`${document}: ${target}`);
      }
    }
    expect(missing).toEqual([]);
  });

  it('name no file of the project that is not there', async () => {
    const missing: string[] = [];
    for (const document of await documents()) {
      const text = await readFile(path.join(ROOT, document), 'utf8');
      for (const [, name = ''] of text.matchAll(
        /`((?:core|lib|lambdas|aws|agent|local|cli|simulation|test)\/[\w./-]+\.\w+)`/g,
      )) {
        if (!existsSync(path.join(ROOT, name))) missing.push(`${document}: ${name}`);
      }
    }
    expect(missing).toEqual([]);
  });

  it('name no npm script that package.json has not', async () => {
    const { scripts } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
    const unknown: string[] = [];
    for (const document of await documents()) {
      const text = await readFile(path.join(ROOT, document), 'utf8');
      for (const [, name = ''] of text.matchAll(/\bnpm run ([a-z:-]+)/g)) {
        if (!Object.hasOwn(scripts, name)) unknown.push(`${document}: npm run ${name}`);
      }
    }
    expect(unknown).toEqual([]);
  });
});
