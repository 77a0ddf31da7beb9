import { ListObjectsCommand, ListObjectsV2Command, type ListObjectsV2CommandInput } from '@aws-sdk/client-s3';
import * as fc from 'fast-check';
import { compareKeys, SortedKeys } from '../../../local/services/s3/sorted-keys';
import { startS3 } from './start-s3';

type Started = Awaited<ReturnType<typeof startS3>>;
let s3: Started;
beforeAll(async () => {
  s3 = await startS3();
  const keys = ['a.txt', 'a/1', 'a/2', 'a/b/3', 'b/1', 'c', 'd e/&<x>', 'ü/1', '\uffee', '🎉'];
  for (const key of keys) await s3.s3.putObject('data', key, key);
});
afterAll(() => s3.gateway.close());

const list = async (input: Partial<ListObjectsV2CommandInput> = {}) => {
  const page = await s3.client.send(new ListObjectsV2Command({ Bucket: 'data', ...input }));
  return {
    ...page,
    keys: page.Contents?.map(({ Key }) => Key) ?? [],
    prefixes: page.CommonPrefixes?.map(({ Prefix }) => Prefix) ?? [],
  };
};

describe('a listing', () => {
  it('is in the order of UTF-8 bytes', async () => {
    const { keys } = await list();
    expect(keys).toEqual(['a.txt', 'a/1', 'a/2', 'a/b/3', 'b/1', 'c', 'd e/&<x>', 'ü/1', '\uffee', '🎉']);
  });

  it('folds what shares a prefix up to the delimiter', async () => {
    const top = await list({ Delimiter: '/' });
    expect(top.keys).toEqual(['a.txt', 'c', '\uffee', '🎉']);
    expect(top.prefixes).toEqual(['a/', 'b/', 'd e/', 'ü/']);
    expect(top.KeyCount).toBe(8);
    const inside = await list({ Delimiter: '/', Prefix: 'a/' });
    expect(inside.keys).toEqual(['a/1', 'a/2']);
    expect(inside.prefixes).toEqual(['a/b/']);
  });

  it('comes in pages that miss nothing and repeat nothing', async () => {
    const seen: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await list({ Delimiter: '/', MaxKeys: 3, ...(ContinuationToken && { ContinuationToken }) });
      expect(page.keys.length + page.prefixes.length).toBeLessThanOrEqual(3);
      seen.push(...page.keys, ...page.prefixes);
      ContinuationToken = page.NextContinuationToken;
      expect(page.IsTruncated).toBe(ContinuationToken !== undefined);
    } while (ContinuationToken);
    expect(seen.sort()).toEqual(['a.txt', 'a/', 'b/', 'c', 'd e/', 'ü/', '\uffee', '🎉'].sort());
  });

  it('can start after a key, and be asked for no keys', async () => {
    expect((await list({ StartAfter: 'b/1' })).keys[0]).toBe('c');
    expect(await list({ MaxKeys: 0 })).toMatchObject({ keys: [], IsTruncated: false });
  });

  it('encodes keys when asked to', async () => {
    expect((await list({ EncodingType: 'url', Prefix: 'd' })).keys).toEqual(['d%20e/%26%3Cx%3E']);
  });

  it('is also there in version 1', async () => {
    const page = await s3.client.send(new ListObjectsCommand({ Bucket: 'data', Delimiter: '/', MaxKeys: 2 }));
    expect(page.NextMarker).toBe('a/');
    const next = await s3.client.send(new ListObjectsCommand({ Bucket: 'data', Delimiter: '/', Marker: 'a/' }));
    expect(next.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(['b/', 'd e/', 'ü/']);
  });
});

describe('sorted keys', () => {
  it('compare as their UTF-8 bytes do', () => {
    const text = fc.string({ unit: 'grapheme' });
    // biome-ignore lint/nursery/noFloatingPromises: the property is synchronous, and so is its check
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  it('list in pages what they list at once, whatever the keys', () => {
    const key = fc
      .array(fc.constantFrom('a', 'b', '/', 'ab/', '-'), { minLength: 1, maxLength: 5 })
      .map((x) => x.join(''));
    // biome-ignore lint/nursery/noFloatingPromises: the property is synchronous, and so is its check
    fc.assert(
      fc.property(
        fc.uniqueArray(key),
        fc.constantFrom('', 'a', 'a/'),
        fc.constantFrom('', '/'),
        fc.integer({ min: 1, max: 4 }),
        (all, prefix, delimiter, maxKeys) => {
          const keys = new SortedKeys();
          for (const one of all) keys.add(one);
          const whole = keys.list({ prefix, delimiter, after: '', maxKeys: 1000 });
          const paged: string[] = [];
          let after: string | undefined = '';
          while (after !== undefined) {
            const page: ReturnType<SortedKeys['list']> = keys.list({ prefix, delimiter, after, maxKeys });
            paged.push(...page.keys, ...page.commonPrefixes);
            after = page.next;
          }
          expect(paged.sort()).toEqual([...whole.keys, ...whole.commonPrefixes].sort());
        },
      ),
    );
  });
});
