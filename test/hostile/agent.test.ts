/** What a job, its code, its data and its log may do to the machine that it runs on, and what not. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../agent/adapters/system-clock';
import { nameMatcher } from '../../agent/checkpoints/look';
import { ManifestReader } from '../../agent/checkpoints/manifests';
import { resume } from '../../agent/checkpoints/resume';
import { LogKeeper } from '../../agent/log-keeper';
import { makeFolderInside } from '../../agent/safe-path';
import { stageCode, stageData } from '../../agent/stage-in';
import { unpack } from '../../agent/unpack';
import { type CheckpointManifest, checkpointManifestSchema } from '../../core/checkpoints/checkpoint';
import { parseProgressLine } from '../../core/progress';
import { checkpointPrefix } from '../../core/s3-layout';
import { Machine } from '../agent/machine';
import { digestOf, MemoryStore } from '../agent/memory-store';
import { stageOptions } from '../agent/stage-options';
import { NASTY_TEXTS } from './support';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-hostile-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const options = (store: MemoryStore) => stageOptions(store, folder);

/** A tar of members that tar(1) would not make. */
function tarOf(
  members: readonly {
    name: string;
    type?: 'file' | 'dir' | 'link' | 'symlink' | 'char' | 'fifo';
    to?: string;
    mode?: number;
    text?: string;
  }[],
  path: string,
): string {
  const script = [
    'import io, json, sys, tarfile',
    'kinds = dict(file=b"0", link=b"1", symlink=b"2", char=b"3", dir=b"5", fifo=b"6")',
    'with tarfile.open(sys.argv[1], "w:gz") as tar:',
    '  for m in json.load(sys.stdin):',
    '    info = tarfile.TarInfo(m["name"]); info.type = kinds[m.get("type", "file")]',
    '    info.linkname = m.get("to", ""); info.mode = m.get("mode", 0o644)',
    '    text = m.get("text", "x" if info.type == b"0" else "").encode(); info.size = len(text)',
    '    tar.addfile(info, io.BytesIO(text))',
  ].join('\n');
  execFileSync('python3', ['-c', script, path], { input: JSON.stringify(members) });
  return path;
}

describe('a code archive', () => {
  it.each([
    ['a path above', [{ name: '../pwned' }]],
    ['a path above, further in', [{ name: 'a/../../pwned' }]],
    ['an absolute path', [{ name: '/tmp/runctl-pwned' }]],
    ['a link to a folder outside', [{ name: 'l', type: 'symlink', to: '../' }, { name: 'l/pwned' }]],
    [
      'a link that leads out by way of another',
      [
        { name: 'd/l', type: 'symlink', to: '..' },
        { name: 'x', type: 'symlink', to: 'd/l/../pwned' },
      ],
    ],
    ['a hard link to a file outside', [{ name: 'l', type: 'link', to: '../secret' }]],
    [
      'a file written through a link',
      [{ name: 'd', type: 'dir', mode: 0o755 }, { name: 'l', type: 'symlink', to: 'd' }, { name: 'l/pwned' }],
    ],
  ] as const)('with %s is refused, and nothing is outside', async (_what, members) => {
    writeFileSync(join(folder, 'secret'), 'secret');
    const archive = tarOf(members, join(folder, 'x.tgz'));
    await expect(unpack('tar', archive, join(folder, 'in', 'code'))).rejects.toThrow();
    expect(existsSync('/tmp/runctl-pwned')).toBe(false);
    expect(readdirSync(folder).sort()).toEqual(['in', 'secret', 'x.tgz']);
    expect(readdirSync(join(folder, 'in'))).toEqual(['code']);
  });

  it('makes no devices, pipes and set-user-id files', async () => {
    const members = [
      { name: 'null', type: 'char' },
      { name: 'pipe', type: 'fifo' },
      { name: 'su', mode: 0o6755 },
    ] as const;
    await unpack('tar', tarOf(members, join(folder, 'x.tgz')), join(folder, 'code'));
    expect(readdirSync(join(folder, 'code'))).toEqual(['su']);
    expect(execFileSync('stat', ['-c', '%a', join(folder, 'code', 'su')], { encoding: 'utf8' })).toMatch(
      /^7[0-5][0-5]\n$/,
    );
  });

  it('that would fill the disk is refused, as a tar and as a zip', async () => {
    const bomb =
      'import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED)\nz.writestr("small", b"x"); z.writestr("zeros", bytes(50_000_000))\nz.close()';
    execFileSync('python3', ['-c', bomb, join(folder, 'x.zip')]);
    const tar = tarOf(
      [{ name: 'small' }, { name: 'numbers', text: Array.from({ length: 500_000 }, (_, index) => index).join() }],
      join(folder, 'x.tgz'),
    );
    for (const [kind, path] of [
      ['zip', join(folder, 'x.zip')],
      ['tar', tar],
    ] as const) {
      const into = join(folder, kind);
      await expect(unpack(kind, path, into, 1_000_000)).rejects.toThrow('does not fit on the disk');
      expect(readdirSync(into)).toEqual(['small']);
    }
  });

  it('that is none fails with words', async () => {
    writeFileSync(join(folder, 'junk'), Buffer.from('not an archive \0\u0001'.repeat(100)));
    for (const kind of ['tar', 'zip'] as const) {
      await expect(unpack(kind, join(folder, 'junk'), join(folder, kind))).rejects.toThrow(/\w{3}/);
    }
  });
});

describe('a key in S3', () => {
  it('with spaces, quotes, line breaks and shell characters is a file of that name, and one that leaves its folder fails', async () => {
    const store = new MemoryStore();
    const names = ['a b', `it's "q"`, 'line\nbreak', '$(touch pwned)', '-rf', '😀/é', 'x;y|z&'];
    for (const name of names) store.put(`bkt/data/${name}`, name);
    await stageData('s3://bkt/data/', join(folder, 'data'), options(store));
    for (const name of names) expect(readFileSync(join(folder, 'data', name), 'utf8')).toBe(name);
    for (const name of ['../up', 'a/../../up', '/abs', 'a//b', './a', 'nul\0']) {
      const other = new MemoryStore();
      other.put(`bkt/code/${name}`, 'x');
      await expect(
        stageCode('s3://bkt/code/', join(folder, 'code'), join(folder, 's'), options(other)),
      ).rejects.toThrow('cannot be a file name');
    }
    expect(readdirSync(folder).sort()).toEqual(['code', 'data', 'partials']);
  });

  it('that no file system can hold fails at once, not after ten minutes of trying', async () => {
    const store = new MemoryStore();
    store.put(`bkt/data/${'x'.repeat(300)}`, '1');
    await expect(stageData('s3://bkt/data/', join(folder, 'data'), options(store))).rejects.toThrow('ENAMETOOLONG');
    await expect(stageData('s3://bkt/data/..', join(folder, 'data'), options(store))).rejects.toThrow(
      'cannot be a file name',
    );
  });
});

const OWNER = 'AROA1:i-0f';
const manifest = (changes: object): CheckpointManifest =>
  ({
    ...{ version: 1, sessionId: 's', attempt: 1, userId: OWNER, sequence: 1, name: 'step-1.pt', kind: 'file', step: 1 },
    ...{ committedAt: '', files: [{ path: 'step-1.pt', ...digestOf('1') }] },
    ...changes,
  }) as CheckpointManifest;

function reader(store: MemoryStore, warnings: string[] = []) {
  return { clock: systemClock, log: () => {}, warn: (text: string) => void warnings.push(text), store, bucket: 'b' };
}

describe('a checkpoint manifest', () => {
  it.each([
    ['a file outside', { kind: 'folder', files: [{ path: '../../pwned', ...digestOf('1') }] }],
    ['an absolute file', { kind: 'folder', files: [{ path: '/tmp/runctl-pwned', ...digestOf('1') }] }],
    ['a name that is a path', { name: '../pwned', files: [{ path: '../pwned', ...digestOf('1') }] }],
    ['another node', { userId: 'AROA1:i-0a' }],
    ['another number', { sequence: 2 }],
    ['no files', { files: [] }],
    ['a size that is none', { files: [{ path: 'step-1.pt', sizeBytes: '1', sha256: 'x' }] }],
  ])('with %s is skipped, and said to be', async (_what, changes) => {
    const store = new MemoryStore();
    store.put(`b/${checkpointPrefix(OWNER, 1)}manifest.json`, JSON.stringify(manifest(changes)));
    const warnings: string[] = [];
    expect(await new ManifestReader(reader(store, warnings)).of(OWNER)).toEqual([]);
    expect(warnings.join()).toContain('cannot be read and is skipped');
  });

  it('is parsed or refused, whatever its name is', () => {
    for (const name of NASTY_TEXTS) expect(checkpointManifestSchema.safeParse(manifest({ name })).success).toBe(true);
  });

  it('is not followed out of the job folder by a link that its code or an earlier life of training left', async () => {
    const store = new MemoryStore();
    store.put(`b/${checkpointPrefix(OWNER, 1)}manifest.json`, JSON.stringify(manifest({})));
    store.put(`b/${checkpointPrefix(OWNER, 1)}step-1.pt`, '1');
    const [root, outside] = [join(folder, 'work'), join(folder, 'outside')];
    for (const path of [root, outside]) mkdirSync(path);
    symlinkSync(outside, join(root, 'checkpoints'));
    const asked = resume({
      ...reader(store),
      candidates: [OWNER],
      rank: 0,
      checkpointFolder: join(root, 'checkpoints'),
      root,
      scratchFolder: join(folder, 'scratch'),
      onBytes: () => {},
    });
    await expect(asked).rejects.toThrow('leads out of');
    expect(() => makeFolderInside(root, join(root, 'checkpoints', 'deep'))).toThrow('leads out of');
    expect(readdirSync(outside)).toEqual([]);
  });
});

describe('a training log', () => {
  const keeper = (store: MemoryStore, onLine: (line: string) => void = () => {}, clock = systemClock) =>
    new LogKeeper({
      ...{ clock, log: () => {}, store, prefix: { bucket: 'b', key: 'logs/' }, path: join(folder, 'log') },
      ...{ secrets: [], pollMs: 5, uploadMs: 10, onLine },
    });

  it('of one line of 100 MB is cut into pieces, with little memory and no line lost', async () => {
    writeFileSync(join(folder, 'log'), Buffer.alloc(100 * 2 ** 20, 'x'));
    const store = new MemoryStore();
    let longest = 0;
    const log = keeper(store, (line) => {
      longest = Math.max(longest, line.length);
    });
    await log.flush(60_000);
    expect(longest).toBeLessThan(400_000);
    const sizes = store.keys('b/logs/').map((key) => (store.text(key) ?? '').replaceAll('\n', '').length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(100 * 2 ** 20);
    for (const line of log.tail) expect(line.length).toBeLessThanOrEqual(2000);
  });

  it('that grows faster than it can be read leaves the agent time for other things', () => {
    writeFileSync(join(folder, 'log'), 'y\n'.repeat(2 ** 20));
    let ms = 0;
    // Each look at the clock finds it later: reading takes time.
    const clock = { ...systemClock, monotonic: () => (ms += 50) };
    let lines = 0;
    const log = keeper(new MemoryStore(), () => (lines += 1), clock);
    expect(log.read()).toBe(true);
    expect(lines).toBeLessThan(2 ** 20);
    while (log.read());
    expect(lines).toBe(2 ** 20);
  });

  it('of bytes that are no text is a log all the same', async () => {
    writeFileSync(join(folder, 'log'), Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x0a, 0xe2, 0x82, 0x0a, 0x1b, 0x5b]));
    const store = new MemoryStore();
    await keeper(store).flush(1000);
    expect(store.text(store.keys('b/logs/')[0] ?? '')).toBe('\ufffd\ufffd\0\ufffd\n\ufffd\n\u001b[\n');
  });

  it('is read for progress in a time that does not grow with the square of a line', () => {
    const lines = ['a', 'a.', 'a=', '1%|', '1/1[', 'step 1 of ', 'step ', '{"a":', "{'a': nan", ' ', '%||', 'a/'].map(
      (part) => part.repeat(4096).slice(0, 4096),
    );
    const startedAt = performance.now();
    for (let round = 0; round < 50; round++) for (const line of lines) parseProgressLine(line);
    // A tenth of it is usual; with squares it is ten times as much.
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });

  it('that says nonsense about progress is no number that is none', () => {
    for (const text of ['step=1e309', 'step=-1', 'step=1.5', '{"step": 1e999}', 'step=99999999999999999999']) {
      expect(parseProgressLine(text)?.step).toBeUndefined();
    }
    expect(parseProgressLine('{"__proto__": {"step": 5}, "loss": 0.5}')).toEqual({ metrics: { loss: 0.5 } });
  });
});

describe('a glob that a job may name', () => {
  it.each(['***', '*a*a*b', '[', '[a', '{a', '{1..1000000000}', '(', '!(a)', '@(a|b)*', '\\', '?'.repeat(256), '[!'])(
    '%s is answered for the worst of names within seconds',
    (pattern) => {
      const startedAt = performance.now();
      const matches = nameMatcher(pattern);
      for (const name of ['a'.repeat(255), 'b', '[', '..', '\n', 'é'.repeat(120)]) matches(name);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    },
  );
});

const canSwitchUser = process.getuid?.() === 0 && spawnSync('which', ['setpriv']).status === 0;
const itAsRoot = canSwitchUser ? it : it.skip;

describe('the environment of a job', () => {
  let machine: Machine;
  afterEach(() => machine?.shutDown());

  itAsRoot.each([false, true])(
    'runs nothing as root, by PATH, LD_PRELOAD or a start-up file (aws: %p)',
    async (aws) => {
      // A setpriv of the job's own would be run as root, and a library named in LD_PRELOAD is complained of by what loads it.
      const tools = join(folder, 'tools');
      mkdirSync(tools);
      chmodSync(folder, 0o755);
      for (const name of ['setpriv', 'env', 'sh']) {
        writeFileSync(
          join(tools, name),
          `#!/bin/bash\nid -u > ${folder}/pwned-by-${name}\nexec /usr/bin/${name} "$@"\n`,
          { mode: 0o755 },
        );
      }
      writeFileSync(join(folder, 'startup'), `id -u > ${folder}/pwned-by-startup\n`);
      machine = await Machine.boot({
        job: {
          aws,
          command: 'echo "I am $(id -u), with $ODD"; echo "$LD_PRELOAD $PATH"',
          env: {
            PATH: `${tools}:/usr/bin:/bin`,
            LD_PRELOAD: '/nowhere.so',
            BASH_ENV: `${folder}/startup`,
            ENV: `${folder}/startup`,
            ODD: `'"$(id)\`\n-x`,
          },
        },
      });
      chmodSync(machine.home, 0o711);
      machine.user = { name: 'nobody', uid: 65534, gid: 65534, home: '/nonexistent' };
      machine.start();
      expect(await machine.ended()).toMatchObject({ outcome: 'succeeded' });
      expect(machine.trainingLog()).toContain(`I am 65534, with '"$(id)\`\n-x\n`);
      expect(machine.trainingLog()).toContain('/nowhere.so');
      expect(readdirSync(folder).filter((name) => name.startsWith('pwned'))).toEqual([]);
    },
  );
});
