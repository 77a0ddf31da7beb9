/** Uploads in parts that fail in the middle, against S3's wire protocol. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { S3ObjectStore } from '../../agent/adapters/s3-object-store';
import { systemClock } from '../../agent/adapters/system-clock';
import { lookAt } from '../../agent/checkpoints/look';
import { CheckpointUploader } from '../../agent/checkpoints/uploader';
import type { UnfinishedCheckpoint } from '../../agent/state-file';
import { UploadJournal } from '../../agent/uploads/journal';
import type { CommittedCheckpoint } from '../../core/node/node-status';
import { startS3, testBytes } from '../services/s3/start-s3';
import { digestOf } from './memory-store';

const MIB = 2 ** 20;
const PART_BYTES = 8 * MIB;
/** Of five parts, the last one short. */
const BYTES = testBytes(4 * PART_BYTES + 7);
const PLACE = { bucket: 'data', key: 'nodes/AROA1:i-0a/checkpoints/000001/large.pt' };

let test: Awaited<ReturnType<typeof startS3>>;
let folder: string;
let path: string;
let sent: number[];
/** Parts that do not get through. */
let failing: Set<number>;
/** What does not get through is never answered: the agent dies meanwhile. */
let isHanging: boolean;
let hangUp: () => void;
let arrived: number;
let fourArrived: () => void;
let others: Promise<void>;

beforeAll(async () => {
  test = await startS3();
  test.client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const { PartNumber = 0 } = args.input as { PartNumber?: number };
        if (commandName !== 'UploadPartCommand') return next(args);
        if (failing.has(PartNumber) && isHanging) {
          await new Promise<void>((resolve) => {
            hangUp = resolve;
          });
          throw new Error('the agent is dead');
        }
        if (failing.has(PartNumber)) throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
        sent.push(PartNumber);
        const answer = await next(args);
        arrived += 1;
        if (arrived === 4) fourArrived();
        return answer;
      },
    { step: 'initialize' },
  );
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-parts-'));
  path = join(folder, 'large.pt');
  writeFileSync(path, BYTES);
  sent = [];
  failing = new Set();
  isHanging = false;
  arrived = 0;
  others = new Promise((resolve) => {
    fourArrived = resolve;
  });
});

afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await startAgent().remove([PLACE]);
  for (const { UploadId } of await underWay()) {
    await test.client.send(new AbortMultipartUploadCommand({ Bucket: PLACE.bucket, Key: PLACE.key, UploadId }));
  }
});

afterAll(async () => {
  test.client.destroy();
  await test.gateway.close();
  rmSync(test.dataDir, { recursive: true, force: true });
});

/** As the agent's process opens it. */
const startAgent = () => new S3ObjectStore(test.client, Date.now, new UploadJournal(join(folder, 'uploads.json')));

const underWay = async () =>
  (await test.client.send(new ListMultipartUploadsCommand({ Bucket: 'data' }))).Uploads ?? [];

async function failAt(part: number, store = startAgent()): Promise<S3ObjectStore> {
  failing.add(part);
  await expect(store.upload(path, PLACE)).rejects.toThrow('socket hang up');
  failing.clear();
  return store;
}

async function stored(): Promise<Buffer> {
  const copy = join(folder, 'copy');
  await startAgent().download(PLACE, copy);
  return readFileSync(copy);
}

describe('an upload in parts that failed', () => {
  it.each([
    ['the same process', (store: S3ObjectStore) => store],
    ['a restarted agent', () => startAgent()],
  ])('is gone on with by %s, which sends only what is not there', async (_what, next) => {
    const store = next(await failAt(3));
    expect(sent.sort()).toEqual([1, 2, 4, 5]);
    sent = [];
    const told = { sent: 0, found: 0 };
    const onBytes = (bytes: number, wasThere: boolean) => {
      told[wasThere ? 'found' : 'sent'] += bytes;
    };
    expect(await store.upload(path, PLACE, { onBytes })).toEqual(digestOf(BYTES));
    expect(sent).toEqual([3]);
    expect(told).toEqual({ sent: PART_BYTES, found: BYTES.length - PART_BYTES });
    expect((await stored()).equals(BYTES)).toBe(true);
    expect(await underWay()).toEqual([]);
  });

  it('begins anew when the file changed meanwhile, and calls the old one off', async () => {
    await failAt(3);
    const changed = Buffer.from(BYTES).fill(1, PART_BYTES, PART_BYTES + 10);
    writeFileSync(path, changed);
    sent = [];
    expect(await startAgent().upload(path, PLACE)).toEqual(digestOf(changed));
    expect(sent.sort()).toEqual([1, 2, 3, 4, 5]);
    expect((await stored()).equals(changed)).toBe(true);
    expect(await underWay()).toEqual([]);
  });

  it('sends a part again whose bytes in S3 are not those of the file', async () => {
    await failAt(3);
    const [begun] = await underWay();
    const other = { Bucket: PLACE.bucket, Key: PLACE.key, UploadId: begun?.UploadId, PartNumber: 2 };
    await test.client.send(
      new UploadPartCommand({ ...other, Body: Buffer.alloc(PART_BYTES), ChecksumAlgorithm: 'CRC32' }),
    );
    sent = [];
    expect(await startAgent().upload(path, PLACE)).toEqual(digestOf(BYTES));
    expect(sent.sort()).toEqual([2, 3]);
    expect((await stored()).equals(BYTES)).toBe(true);
  });

  it('begins anew when S3 knows nothing of it any more', async () => {
    await failAt(3);
    const [begun] = await underWay();
    await test.client.send(
      new AbortMultipartUploadCommand({ Bucket: PLACE.bucket, Key: PLACE.key, UploadId: begun?.UploadId }),
    );
    sent = [];
    expect(await startAgent().upload(path, PLACE)).toEqual(digestOf(BYTES));
    expect(sent.sort()).toEqual([1, 2, 3, 4, 5]);
  });

  it('begins anew where the journal cannot be read', async () => {
    await failAt(3);
    writeFileSync(join(folder, 'uploads.json'), '[{"buck');
    expect(await startAgent().upload(path, PLACE)).toEqual(digestOf(BYTES));
  });

  it('leaves nothing in S3 once it is given up, or called off', async () => {
    const store = await failAt(3);
    expect(await underWay()).toHaveLength(1);
    await store.abandon({ bucket: 'data', key: 'nodes/AROA1:i-0a/checkpoints/000001/' });
    expect(await underWay()).toEqual([]);
    const off = new AbortController();
    const calledOff = store.upload(path, PLACE, { signal: off.signal, onBytes: () => off.abort() });
    await expect(calledOff).rejects.toMatchObject({ name: 'AbortError' });
    expect(await underWay()).toEqual([]);
  });

  it('becomes the checkpoint that it was to be, when the agent dies between two parts and is started again', async () => {
    const { candidates } = await lookAt(folder, (name) => name === 'large.pt');
    const [candidate] = candidates;
    if (candidate === undefined) throw new Error('there is no checkpoint');
    let unfinished: UnfinishedCheckpoint | null = null;
    const committed: CommittedCheckpoint[] = [];
    const startUploader = () =>
      new CheckpointUploader({
        ...{ clock: systemClock, log: () => {}, warn: () => {}, store: startAgent(), bucket: 'data' },
        ...{ userId: 'AROA1:i-0a', sessionId: 's-1', attempt: 1, keepLast: 3 },
        ...{ currentStep: () => 7, notFinite: () => undefined, secondsLeft: () => null, onSkipped: () => {} },
        onUnfinished: (told) => {
          unfinished = told;
        },
        onCommitted: (checkpoint) => committed.push(checkpoint),
      });
    isHanging = true;
    failing.add(3);
    const killed = startUploader();
    await killed.recall();
    killed.offer(candidate);
    await others;
    expect([committed, sent.sort()]).toEqual([[], [1, 2, 4, 5]]);

    failing.clear();
    sent = [];
    const restarted = startUploader();
    await restarted.recall(unfinished);
    restarted.offer(candidate);
    await restarted.drain();
    expect(sent).toEqual([3]);
    expect(committed).toMatchObject([{ name: 'large.pt', sequence: 1, sizeBytes: BYTES.length }]);
    expect((await stored()).equals(BYTES)).toBe(true);
    killed.close();
    hangUp();
    await killed.drain();
  });
});
