/** One checkpoint from the shards of all nodes, or none. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../agent/adapters/system-clock';
import { lookAt } from '../../agent/checkpoints/look';
import { resume } from '../../agent/checkpoints/resume';
import { CheckpointUploader } from '../../agent/checkpoints/uploader';
import { checkpointPrefix } from '../../core/s3-layout';
import { MemoryStore } from './memory-store';

const NODES = ['AROA1:i-0a', 'AROA1:i-0b'] as const;
let folder: string;
let store: MemoryStore;
let lines: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-shards-'));
  store = new MemoryStore();
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ports = () => ({
  clock: systemClock,
  log: (line: string) => lines.push(line),
  warn: (line: string) => lines.push(`warning: ${line}`),
  store,
  bucket: 'b',
});

function node(rank: 0 | 1, keepLast = 3): CheckpointUploader {
  const uploader = new CheckpointUploader({
    ...ports(),
    userId: NODES[rank],
    sessionId: 's-1',
    attempt: 1,
    keepLast,
    currentStep: () => 77,
    notFinite: () => undefined,
    onCommitted: () => {},
    onUnfinished: () => undefined,
    secondsLeft: () => null,
    onSkipped: () => undefined,
  });
  uploader.commitShards({ rank, userIds: [...NODES] });
  return uploader;
}

/** Writes files of a checkpoint on a node, and offers it. */
async function save(uploader: CheckpointUploader, rank: number, name: string, files: Record<string, string>) {
  const base = join(folder, `node-${rank}`);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(base, name, path)), { recursive: true });
    writeFileSync(join(base, name, path), text);
  }
  const { candidates } = await lookAt(base, (each) => each === name);
  for (const candidate of candidates) uploader.offer(candidate);
  await uploader.drain();
}

async function resumeOn(rank: number, candidates: readonly string[] = NODES) {
  const checkpointFolder = join(folder, `resumed-${rank}`);
  const found = await resume({
    ...ports(),
    candidates,
    rank,
    checkpointFolder,
    root: folder,
    scratchFolder: join(folder, 'scratch'),
    onBytes: () => {},
  });
  return found && { name: found.manifest.name, read: (path: string) => readFileSync(join(found.path, path), 'utf8') };
}

const steps = (rank: 0 | 1) => readdirSync(join(folder, `node-${rank}`));

describe('shards of two nodes', () => {
  it('are one checkpoint: each node gets its own part, and of the others what it lacks', async () => {
    await save(node(0), 0, 'step-10', { 'rank-0': 'a', '.metadata': 'of all', common: 'from 0' });
    await save(node(1), 1, 'step-10', { 'rank-1': 'b', common: 'from 1' });
    for (const rank of [0, 1]) {
      const found = await resumeOn(rank);
      expect(found?.name).toBe('step-10');
      expect(['rank-0', 'rank-1', '.metadata', 'common'].map((path) => found?.read(path))).toEqual([
        'a',
        'b',
        'of all',
        `from ${rank}`,
      ]);
    }
  });

  it('of which one is missing are no checkpoint: the newest that is complete on all is taken, by all', async () => {
    const [first, second] = [node(0), node(1)];
    await save(first, 0, 'step-10', { a: '10' });
    await save(second, 1, 'step-10', { b: '10' });
    await save(first, 0, 'step-20', { a: '20' });
    await save(second, 1, 'step-30', { b: '30' });
    for (const rank of [0, 1]) expect((await resumeOn(rank))?.name).toBe('step-10');
    expect(lines.join('\n')).toContain('step-20 (attempt 1, number 2) is skipped: it is torn: the shard of node 1 is');
  });

  it('of which one is corrupt are none either, on any node', async () => {
    const [first, second] = [node(0), node(1)];
    for (const step of ['step-10', 'step-20']) {
      await save(first, 0, step, { a: step });
      await save(second, 1, step, { b: step });
    }
    store.put(`b/${checkpointPrefix(NODES[1], 2)}b`, 'step-2?');
    for (const rank of [0, 1]) expect((await resumeOn(rank))?.name).toBe('step-10');
  });

  it('of nodes that the lease does not name are not believed', async () => {
    await save(node(0), 0, 'step-10', { a: '10' });
    await save(node(1), 1, 'step-10', { b: '10' });
    expect(await resumeOn(0, [NODES[0]])).toBeUndefined();
    expect(lines.join('\n')).toContain("not the session's");
  });

  it('that other nodes still lack are kept, and with them the last that are complete', async () => {
    const [first, second] = [node(0, 1), node(1, 1)];
    await save(first, 0, 'step-10', { a: '10' });
    await save(second, 1, 'step-10', { b: '10' });
    for (const step of ['step-20', 'step-30', 'step-40']) await save(first, 0, step, { a: step });
    expect((await resumeOn(1))?.name).toBe('step-10');
    await save(second, 1, 'step-40', { b: '40' });
    await save(first, 0, 'step-50', { a: '50' });
    // Node 0 saw that step 40 is complete: what is older is needed no more.
    const kept = store.keys(`b/nodes/${NODES[0]}/`).filter((key) => key.endsWith('manifest.json'));
    expect(kept.map((key) => store.json<{ name: string }>(key)?.name)).toEqual(['step-40', 'step-50']);
    expect((await resumeOn(1))?.name).toBe('step-40');
  });

  it('wait in line, so that the same ones come through on all nodes; in haste the newest alone', async () => {
    const uploader = node(0);
    const base = join(folder, 'node-0');
    mkdirSync(base, { recursive: true });
    for (const step of [10, 20, 30]) writeFileSync(join(base, `step-${step}`), String(step));
    const { candidates } = await lookAt(base, () => true);
    for (const candidate of candidates) uploader.offer(candidate);
    await uploader.drain();
    expect(store.keys('b/nodes/').filter((key) => key.endsWith('manifest.json'))).toHaveLength(3);
    expect(steps(0)).toHaveLength(3);

    const hasty = node(1);
    hasty.hurry();
    for (const candidate of candidates) hasty.offer(candidate);
    await hasty.drain();
    const names = store.keys(`b/nodes/${NODES[1]}/`).filter((key) => key.endsWith('manifest.json'));
    expect(names.map((key) => store.json<{ name: string }>(key)?.name)).toContain('step-30');
    expect(names.length).toBeLessThan(3);
  });

  it('whose step nothing tells cannot be matched and are not committed', async () => {
    await save(node(0), 0, 'last', { a: '10' });
    expect(store.keys('b/nodes/')).toEqual([]);
    expect(lines.join('\n')).toContain('Checkpoint last is not committed: its step');
    expect(existsSync(join(folder, 'node-0', 'last'))).toBe(true);
  });
});
