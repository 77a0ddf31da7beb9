import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../agent/adapters/system-clock';
import { saveSecondsOf } from '../../agent/checkpoints/look';
import { CheckpointWatcher } from '../../agent/checkpoints/watcher';
import { Writer } from './writer';

let root: string;
let folder: string;
let writer: Writer;
let finished: string[];
let lines: string[];
let saveSeconds: (number | null)[];

function watch(pattern = '*'): CheckpointWatcher {
  return new CheckpointWatcher({
    clock: systemClock,
    log: (line) => lines.push(line),
    folder,
    root,
    pattern,
    pollMs: 10,
    hastyPollMs: 5,
    onFinished: (candidate) => {
      finished.push(`${candidate.name} (${candidate.files.map(({ path }) => path).join(' ')})`);
      saveSeconds.push(saveSecondsOf(candidate));
    },
  });
}

async function look(watcher: CheckpointWatcher, times: number): Promise<void> {
  for (let time = 0; time < times; time++) await watcher.look();
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'runctl-watch-'));
  folder = join(root, 'checkpoints');
  mkdirSync(folder);
  writer = new Writer(folder);
  finished = [];
  lines = [];
  saveSeconds = [];
});

afterEach(async () => {
  await writer.kill();
  rmSync(root, { recursive: true, force: true });
});

describe('the checkpoint watcher', () => {
  it('never takes a file that is written in place, slowly, before its writer has closed it', async () => {
    const watcher = watch();
    await writer.tell('open', 'a.pt');
    await look(watcher, 10);
    expect(finished).toEqual([]);
    await writer.tell('close', 'a.pt');
    await look(watcher, 1);
    expect(finished).toEqual([]);
    await look(watcher, 1);
    expect(finished).toEqual(['a.pt (a.pt)']);
    await look(watcher, 5);
    expect(finished).toHaveLength(1);
  });

  it('takes a file that was renamed into place at the next look', async () => {
    const watcher = watch();
    await writer.tell('put', 'a.pt.tmp');
    await look(watcher, 3);
    expect(finished).toEqual([]);
    await writer.tell('rename', 'a.pt');
    await look(watcher, 1);
    expect(finished).toEqual(['a.pt (a.pt)']);
  });

  it('takes a folder as one, only once everything in it has kept still', async () => {
    const watcher = watch();
    await writer.tell('put', 'checkpoint-500/config.json');
    await look(watcher, 3);
    await writer.tell('open', 'checkpoint-500/model.bin');
    await look(watcher, 8);
    await writer.tell('close', 'checkpoint-500/model.bin');
    await look(watcher, 4);
    expect(finished).toEqual([]);
    await look(watcher, 1);
    expect(finished).toEqual(['checkpoint-500 (config.json model.bin)']);
  });

  it('takes a name again when it was written again', async () => {
    const watcher = watch();
    await writer.tell('put', 'last.pt');
    await look(watcher, 2);
    await writer.tell('open', 'last.pt');
    await look(watcher, 2);
    await writer.tell('close', 'last.pt');
    await look(watcher, 2);
    expect(finished).toEqual(['last.pt (last.pt)', 'last.pt (last.pt)']);
  });

  it('tells how long a new file took to be written, and of one that is written over nothing', async () => {
    const watcher = watch();
    const path = join(folder, 'last.pt');
    const lastChangeIn = (seconds: number) => utimesSync(path, Date.now() / 1000, Date.now() / 1000 + seconds);
    writeFileSync(path, 'written in twenty seconds');
    lastChangeIn(20);
    await watcher.sweep({ wasKilled: false });
    expect(saveSeconds).toHaveLength(1);
    expect(saveSeconds[0]).toBeGreaterThan(15);
    expect(saveSeconds[0]).toBeLessThan(25);

    writeFileSync(path, 'written over');
    lastChangeIn(600);
    await watcher.sweep({ wasKilled: false });
    expect(saveSeconds.slice(1)).toEqual([null]);
  });

  it('ignores temporary names, other patterns, empty files and symbolic links', async () => {
    const watcher = watch('*.pt');
    for (const name of ['a.pt.tmp', '.hidden.pt', 'b.pt.part', 'tmp-c.pt', 'notes.txt']) await writer.tell('put', name);
    writeFileSync(join(folder, 'empty.pt'), '');
    symlinkSync('/etc/passwd', join(folder, 'link.pt'));
    await look(watcher, 6);
    expect(finished).toEqual([]);
  });

  it('ignores what lay there before training', async () => {
    await writer.tell('put', 'old.pt');
    const watcher = watch();
    await watcher.ignorePresent();
    await writer.tell('put', 'new.pt');
    await look(watcher, 3);
    expect(finished).toEqual(['new.pt (new.pt)']);
  });

  it('does not follow a checkpoint folder that leads out of the job', async () => {
    rmSync(folder, { recursive: true });
    symlinkSync('/etc', folder);
    await look(watch(), 3);
    expect(finished).toEqual([]);
    expect(lines[0]).toContain('leads out of');
  });

  it('does not take what a killed writer left half written', async () => {
    const watcher = watch();
    await writer.tell('put', 'whole.pt');
    await look(watcher, 1);
    await writer.tell('open', 'torn.pt');
    await look(watcher, 1);
    await writer.kill();
    await watcher.sweep({ wasKilled: true });
    expect(finished).toEqual(['whole.pt (whole.pt)']);
    expect(lines.join()).toContain('torn.pt may be half written');
  });

  it('takes the last save of a writer that ended by itself without waiting', async () => {
    const watcher = watch();
    await writer.tell('open', 'last.pt');
    await look(watcher, 1);
    await writer.tell('close', 'last.pt');
    await watcher.sweep({ wasKilled: false });
    expect(finished).toEqual(['last.pt (last.pt)']);
  });
});

describe('the end of training', () => {
  it('is seen: what nobody can be writing any more was not therefore closed', async () => {
    const watcher = watch();
    let isAlive = true;
    watcher.follow(() => isAlive);
    await writer.tell('open', 'torn.pt');
    await look(watcher, 2);
    await writer.kill();
    isAlive = false;
    await look(watcher, 5);
    await watcher.sweep({ wasKilled: true });
    expect(finished).toEqual([]);
  });
});
