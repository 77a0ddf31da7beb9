import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../agent/adapters/system-clock';
import { LogKeeper } from '../../agent/log-keeper';
import { MemoryStore } from './memory-store';

let folder: string;
let path: string;
let store: MemoryStore;
let seen: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-log-'));
  path = join(folder, 'train.log');
  store = new MemoryStore();
  seen = [];
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (secrets: string[] = []) =>
  new LogKeeper({
    clock: systemClock,
    log: () => {},
    store,
    prefix: { bucket: 'b', key: 'logs/' },
    path,
    secrets,
    pollMs: 5,
    uploadMs: 10,
    onLine: (line) => seen.push(line),
  });

const uploaded = () =>
  store
    .keys('b/logs/')
    .map((key) => store.text(key))
    .join('');

describe('the log keeper', () => {
  it('brings the whole log to S3 in segments, and keeps the last lines', async () => {
    const keeper = open();
    const line = `${'x'.repeat(99)}\n`;
    for (let chunk = 0; chunk < 9; chunk++) {
      appendFileSync(path, line.repeat(10_000));
      keeper.read();
    }
    appendFileSync(path, 'the end, without a line break');
    await keeper.flush(1000);
    expect(store.keys('b/logs/')).toHaveLength(3);
    expect(uploaded()).toBe(`${readFileSync(path, 'utf8')}\n`);
    expect(keeper.tail).toHaveLength(50);
    expect(keeper.tail.at(-1)).toBe('the end, without a line break');
  });

  it('reads progress bars, which end in carriage returns, and characters cut in half', () => {
    const keeper = open();
    const bytes = Buffer.from(' 50%|█████     | 5/10 [00:01<00:01]\r 60%|██████    | 6/10 [00:01<00:01]\rdone\n');
    appendFileSync(path, bytes.subarray(0, 7));
    keeper.read();
    appendFileSync(path, bytes.subarray(7));
    keeper.read();
    expect(seen).toEqual([' 50%|█████     | 5/10 [00:01<00:01]', ' 60%|██████    | 6/10 [00:01<00:01]', 'done']);
  });

  it('cuts a line without an end: it would fill memory', () => {
    const keeper = open();
    appendFileSync(path, 'y'.repeat(1_000_000));
    keeper.read();
    expect(seen.length).toBeGreaterThan(0);
    expect(keeper.tail.every((line) => line.length <= 2000)).toBe(true);
  });

  it('shows no secret, in S3, in the last lines, or in the log that goes to the results', async () => {
    const keeper = open(['hunter22']);
    appendFileSync(path, 'token is hunter22\nagain hunter22');
    await keeper.flush(1000);
    expect(uploaded()).toBe('token is ***\nagain ***\n');
    expect(keeper.tail).toEqual(['token is ***', 'again ***']);
    expect(readFileSync(keeper.publicPath, 'utf8')).toBe('token is ***\nagain ***\n');
  });
});
