import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../agent/adapters/system-clock';
import { LogKeeper, type LogKeeperOptions } from '../../agent/log-keeper';
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

const open = (secrets: string[] = [], options: Partial<LogKeeperOptions> = {}) =>
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
    ...options,
  });

function scratch(): string {
  return mkdtempSync(join(folder, 'scratch-'));
}

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

const MIB = 2 ** 20;
/** 8 MiB of lines that are told apart. */
const linesOf8MiB = (from: number) =>
  Array.from({ length: 131_072 }, (_, at) => `${String(from + at).padStart(8, '0')} ${'x'.repeat(54)}\n`).join('');

describe('a script that writes more log than the disk can hold', () => {
  it.each([
    ['', []],
    ['that has secrets ', ['hunter22']],
  ])('%sfills it with the end only; S3 has all of it, and the results have the end', async (_what, secrets) => {
    const keeper = open(secrets, { keptBytes: 8 * MIB });
    for (let round = 0; round < 6; round++) {
      appendFileSync(path, linesOf8MiB(round * 131_072));
      await keeper.flush(60_000);
    }
    expect(uploaded() === readFileSync(path, 'utf8')).toBe(false);
    expect(uploaded().split('\n')).toHaveLength(6 * 131_072 + 1);
    for (const file of new Set([path, keeper.publicPath])) {
      expect(statSync(file).size).toBe(48 * MIB);
      expect(statSync(file).blocks * 512).toBeLessThan(16 * MIB);
    }
    const results = readFileSync(await keeper.forResults(scratch()), 'utf8').split('\n');
    expect(results[0]).toMatch(/^… \d+ bytes of this log are in s3:\/\/b\/logs\/ only$/);
    expect(results[1]).toMatch(/^\d{8} x{54}$/);
    expect(results.at(-2)).toBe(`${6 * 131_072 - 1} ${'x'.repeat(54)}`.padStart(63, '0'));
  });

  it('is read on from where it was after a restart of the agent, with nothing twice', async () => {
    appendFileSync(path, linesOf8MiB(0).repeat(3));
    const first = open([], { keptBytes: 8 * MIB });
    await first.flush(60_000);
    const puts = store.writes.length;
    appendFileSync(path, 'after the restart\n');
    const second = open([], { keptBytes: 8 * MIB });
    await second.flush(60_000);
    expect(store.writes.length - puts).toBe(1);
    expect(uploaded()).toBe(`${linesOf8MiB(0).repeat(3)}after the restart\n`);
    expect(readFileSync(await second.forResults(scratch()), 'utf8').split('\n')[1]).toMatch(/^\d{8} x{54}$/);
  });
});

describe('S3 that is down for ten minutes', () => {
  it('leaves the log on the disk, not in memory; then it comes whole', async () => {
    store.isDown = true;
    appendFileSync(path, linesOf8MiB(0).repeat(5));
    let nowMs = 0;
    const asleep: (() => void)[] = [];
    const clock = {
      ...systemClock,
      monotonic: () => nowMs,
      sleep: (ms: number) => (ms === 0 ? Promise.resolve() : new Promise<void>((resolve) => asleep.push(resolve))),
    };
    const keeper = open([], { clock });
    while (keeper.read());
    const read = seen.length;
    expect(read).toBeLessThan(5 * 131_072 * 0.6);
    for (nowMs = 0; nowMs < 600_000; nowMs += 30_000) {
      for (const wake of asleep.splice(0)) wake();
      await new Promise(setImmediate);
      keeper.read();
    }
    expect(seen).toHaveLength(read);
    store.isDown = false;
    const flushed = keeper.flush(600_000);
    while (asleep.length > 0) {
      for (const wake of asleep.splice(0)) wake();
      await new Promise(setImmediate);
    }
    await flushed;
    expect(uploaded() === linesOf8MiB(0).repeat(5)).toBe(true);
  });
});

it('a secret that lies across the place where a long line is cut is shown in neither part', async () => {
  const secret = 'hunter22-and-more';
  for (let shift = 0; shift <= secret.length; shift++) {
    rmSync(path, { force: true });
    rmSync(`${path}.place`, { force: true });
    store = new MemoryStore();
    const keeper = open([secret]);
    appendFileSync(path, 'y'.repeat(256 * 1024 - 2 * secret.length + shift) + secret + 'z'.repeat(300_000));
    await keeper.flush(1000);
    expect(uploaded()).not.toContain('hunter22');
    expect(uploaded()).not.toContain('and-more');
    expect(uploaded()).toContain('***');
  }
});
