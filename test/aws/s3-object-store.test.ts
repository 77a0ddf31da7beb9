import type { S3Client } from '@aws-sdk/client-s3';
import { collect } from '../../aws/pages';
import { S3ObjectStore } from '../../aws/s3-object-store';
import { ScaledClock } from '../../local/clock';
import { createMemoryS3 } from '../../simulation/services/memory-s3';
import { startS3 } from '../services/s3/start-s3';
import { memoryClient } from '../simulation/memory-client';

async function startLocal() {
  const { client, gateway } = await startS3();
  return { client, close: () => gateway.close() };
}

/** The simulation's double, held to the same tests. */
async function startMemory() {
  const s3 = createMemoryS3({ clock: new ScaledClock(), emitEvent: () => {} });
  s3.createBucket('data', { eventBridge: false });
  return { client: memoryClient<S3Client>(s3.service), close: async () => {} };
}

describe.each([
  ['the local cloud', startLocal],
  ['the simulation', startMemory],
])('on S3 of %s', (_where, start) => {
  let s3: { client: S3Client; close: () => Promise<void> };
  let store: S3ObjectStore;
  beforeAll(async () => {
    s3 = await start();
    store = new S3ObjectStore(s3.client, 'data');
    await store.put('sessions/a/plan.json', '{"version":1}');
  });
  afterAll(() => s3.close());

  describe('the object store', () => {
    it("gives an object back with S3's own date", async () => {
      const object = await store.get('sessions/a/plan.json');
      expect(object?.text).toBe('{"version":1}');
      expect(Date.parse(object?.writtenAt ?? '')).toBeGreaterThan(0);
    });

    it('gives nothing for what is not there, nor for more than it was asked to read', async () => {
      expect(await store.get('nowhere')).toBeUndefined();
      expect(await store.get('sessions/a/plan.json', { maxBytes: 5 })).toBeUndefined();
    });

    it.each([
      ['s3://data/sessions/a/plan.json', 'found'],
      ['s3://data/sessions/', 'found'],
      ['s3://data/', 'found'],
      ['s3://data/sessions/a', 'missing'],
      ['s3://data/nothing/', 'missing'],
      ['s3://no-such-bucket/', 'no bucket'],
      ['s3://no-such-bucket/prefix/', 'no bucket'],
    ])('%s: %s', async (uri, expected) => expect(await store.probe(uri)).toBe(expected));

    it('measures an object, and what is below a prefix, in blocks of a disk', async () => {
      for (const name of ['a', 'b', 'c']) await store.put(`sized/${name}`, 'x'.repeat(5000));
      expect(await store.measure('s3://data/sized/', 10)).toEqual({ diskBytes: 3 * 8192, objects: 3, isAll: true });
      expect(await store.measure('s3://data/sized/', 2)).toEqual({ diskBytes: 2 * 8192, objects: 2, isAll: false });
      expect(await store.measure('s3://data/sized/a', 10)).toEqual({ diskBytes: 8192, objects: 1, isAll: true });
      expect(await store.measure('s3://no-such-bucket/sized/', 10)).toBeNull();
    });

    it('lists what is below a prefix, with sizes', async () => {
      await store.put('list/b', '12');
      await store.put('list/a', '1');
      expect(await collect(store.list({ bucket: 'data', key: 'list/' }))).toEqual([
        { key: 'list/a', sizeBytes: 1 },
        { key: 'list/b', sizeBytes: 2 },
      ]);
    });
  });
});
