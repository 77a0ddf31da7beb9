import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { list } from 'tar';
import { listCode, packFolder } from '../../cli/spec/code-archive';
import { localizeSpec } from '../../cli/spec/local-sources';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-code-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

describe('code', () => {
  it('is what .gitignore leaves, at each level, and never history or the local cloud', async () => {
    write({
      'train.py': '',
      '.gitignore': '*.log\n/data/\n!keep.log\n',
      'a.log': '',
      'keep.log': '',
      'data/big.bin': '',
      'src/data/small.txt': '',
      'src/.gitignore': 'secret.txt\n!a.log\n',
      'src/secret.txt': '',
      'src/a.log': '',
      'secret.txt': '',
      '.git/HEAD': '',
      '.runctl/local.json': '',
      'src/__pycache__/x.pyc': '',
    });
    expect((await listCode(folder)).files).toEqual(
      ['.gitignore', 'keep.log', 'secret.txt', 'src/.gitignore', 'src/a.log', 'src/data/small.txt', 'train.py'].sort(),
    );
  });

  it('takes links to files as files, and leaves links to folders with a word about it', async () => {
    write({ 'real/a.txt': 'a' });
    symlinkSync(join(folder, 'real/a.txt'), join(folder, 'link.txt'));
    symlinkSync(join(folder, 'real'), join(folder, 'folder'));
    const { files, warnings } = await listCode(folder);
    expect(files).toEqual(['link.txt', 'real/a.txt']);
    expect(warnings).toEqual(['folder is neither file nor folder and stays here.']);
  });

  it('makes the same archive of the same files, whenever they were touched', async () => {
    write({ 'train.py': 'print()', 'src/a.py': 'pass' });
    const first = await packFolder(folder);
    utimesSync(join(folder, 'train.py'), new Date(1e9), new Date(2e12));
    const second = await packFolder(folder);
    write({ 'train.py': 'print(1)' });
    const third = await packFolder(folder);
    const names: string[] = [];
    await list({ file: second.path, onReadEntry: ({ path }) => void names.push(path) });
    await Promise.all([first, second, third].map(({ dispose }) => dispose()));

    expect(second.sha256).toBe(first.sha256);
    expect(third.sha256).not.toBe(first.sha256);
    expect(names).toEqual(['src/a.py', 'train.py']);
    expect(first).toMatchObject({ files: 2, warnings: [] });
  });
});

describe('a spec that names this machine', () => {
  const localize = (raw: Record<string, unknown>) => localizeSpec({ raw, folder }, 'bucket');

  it('gets addresses named by content; what is in S3 stays', async () => {
    write({ 'src/train.py': '', 'digits.csv': 'data' });
    const { raw, sources, problems, dispose } = await localize({ name: 'a', code: 'src', data: 'digits.csv' });
    await dispose();
    expect(problems).toEqual([]);
    expect(raw['code']).toMatch(/^s3:\/\/bucket\/uploads\/code\/[0-9a-f]{32}\.tar\.gz$/);
    expect(raw['data']).toMatch(/^s3:\/\/bucket\/uploads\/data\/[0-9a-f]{32}\/digits\.csv$/);
    expect(sources.map(({ field, files }) => [field, files.length])).toEqual([
      ['code', 1],
      ['data', 1],
    ]);
    expect((await localize({ code: 's3://other/code.tgz' })).raw).toEqual({ code: 's3://other/code.tgz' });
  });

  it('uploads a folder of data file by file, ignored or not', async () => {
    write({ '.gitignore': 'set', 'set/a': '1', 'set/b/c': '22' });
    const { raw, sources } = await localize({ data: 'set' });
    const prefix = String(raw['data']).replace('s3://bucket/', '');
    expect(prefix).toMatch(/^uploads\/data\/[0-9a-f]{32}\/$/);
    expect(sources[0]?.files.map(({ key, sizeBytes }) => [key, sizeBytes])).toEqual([
      [`${prefix}a`, 1],
      [`${prefix}b/c`, 2],
    ]);
  });

  it.each([
    [{ code: 'nowhere' }, 'there is no'],
    [{ code: 'notes.txt' }, 'code is a folder, or a .tar.gz'],
    [{ data: 'empty' }, 'there are no files in it'],
  ])('is refused for %p', async (raw, message) => {
    write({ 'notes.txt': '' });
    mkdirSync(join(folder, 'empty'));
    const { problems } = await localize(raw);
    expect(problems).toEqual([{ field: Object.keys(raw)[0], message: expect.stringContaining(message) }]);
  });
});
