import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isStale } from '../../local/synthesize';

describe('the assembly', () => {
  const root = mkdtempSync(join(tmpdir(), 'runctl-stale-'));
  const assemblyDir = join(root, 'cdk.out');
  afterAll(() => rmSync(root, { recursive: true }));

  const write = (path: string, second: number) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '');
    utimesSync(join(root, path), second, second);
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) utimesSync(join(root, folder), 1, 1);
  };

  it('is stale when missing or older than a source, however deep, and not otherwise', () => {
    write('lib/deep/stack.ts', 100);
    expect(isStale(root, assemblyDir)).toBe(true);
    write('cdk.out/manifest.json', 200);
    expect(isStale(root, assemblyDir)).toBe(false);
    write('lib/deep/stack.ts', 300);
    expect(isStale(root, assemblyDir)).toBe(true);
    write('cdk.out/manifest.json', 400);
    write('docs/readme.md', 500);
    expect(isStale(root, assemblyDir)).toBe(false);
  });
});
