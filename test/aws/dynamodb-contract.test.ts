/**
 * What the control plane relies on of DynamoDB, asked of everything that stands in for it: each must give the same
 * answers and the same errors by name.
 */
import {
  BatchGetCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { TABLE } from '../../core/table';
import { STAND_INS, type StandIn } from './dynamodb-stand-ins';

const INVALID = { name: 'ValidationException', $metadata: { httpStatusCode: 400 } };
const REFUSED = { name: 'ConditionalCheckFailedException', $metadata: { httpStatusCode: 400 } };

describe.each(STAND_INS)('DynamoDB of %s', (_where, start) => {
  let table: StandIn;
  let TableName: string;
  beforeAll(async () => {
    table = await start();
    ({ tableName: TableName } = table);
  });
  afterAll(() => table?.close());

  const put = (Item: Record<string, unknown>, more: object = {}) =>
    table.client.send(new PutCommand({ TableName, Item, ...more }));
  const get = async (pk: string, sk = 's') =>
    (await table.client.send(new GetCommand({ TableName, Key: { pk, sk } }))).Item;
  const query = (more: Partial<QueryCommandInput>) => table.client.send(new QueryCommand({ TableName, ...more }));
  const partition = (pk: string, more: Partial<QueryCommandInput> = {}) =>
    query({ KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': pk }, ...more });

  describe('an item', () => {
    it('comes back as it went in', async () => {
      const item = {
        ...{ pk: 'item', sk: 's', text: 'ünïcödé 😀', empty: '', yes: true, no: false, nothing: null },
        ...{ zero: 0, minus: -1.5, large: 2 ** 53 - 1, small: 1e-7, list: [1, 'a', [null, { b: [] }]], map: { a: {} } },
        ...{ words: new Set(['a', 'b']), bytes: new Uint8Array([1, 2, 3]) },
      };
      await put(item);
      expect(await get('item')).toEqual(item);
    });

    it('is nothing where none is, and one without a key, or with half of it, is an error', async () => {
      expect(await get('nowhere')).toBeUndefined();
      await expect(put({ pk: 'half' })).rejects.toMatchObject(INVALID);
      await expect(put({ pk: 7, sk: 's' })).rejects.toMatchObject(INVALID);
      await expect(put({ pk: '', sk: 's' })).rejects.toMatchObject(INVALID);
      for (const Key of [{ pk: 'half' }, { pk: 'a', sk: 's', more: 1 }, { pk: 'a', sk: 1 }]) {
        await expect(table.client.send(new GetCommand({ TableName, Key }))).rejects.toMatchObject(INVALID);
      }
    });

    it('has no more than 400 KB', async () => {
      await put({ pk: 'large', sk: 's', text: 'x'.repeat(400 * 1024 - 30) });
      await expect(put({ pk: 'large', sk: 's', text: 'x'.repeat(400 * 1024) })).rejects.toMatchObject(INVALID);
      expect((await get('large'))?.['text']).toHaveLength(400 * 1024 - 30);
    });

    it('with something in it that is no value is refused by the client', async () => {
      await expect(put({ pk: 'a', sk: 's', record: { no: undefined } })).rejects.toThrow(/undefined/);
      await expect(put({ pk: 'a', sk: 's', no: Number.NaN })).rejects.toThrow(/NaN/);
      // Of the item's own members it leaves out those that are undefined.
      await put({ pk: 'without', sk: 's', no: undefined });
      expect(await get('without')).toEqual({ pk: 'without', sk: 's' });
    });

    it('whose time to live is over is there until DynamoDB deletes it, some time later', async () => {
      await put({ pk: 'ttl', sk: 's', [TABLE.timeToLive]: 1 });
      expect(await get('ttl')).toMatchObject({ [TABLE.timeToLive]: 1 });
    });

    it('of a table that is not there is an error of its own', async () => {
      const nowhere = table.client.send(new GetCommand({ TableName: 'no-such-table', Key: { pk: 'a', sk: 's' } }));
      await expect(nowhere).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    });
  });

  describe('a write on condition', () => {
    const CREATE = { ConditionExpression: 'attribute_not_exists(pk)' };

    it('creates once, and leaves what it would not replace', async () => {
      await put({ pk: 'once', sk: 's', by: 'first' }, CREATE);
      await expect(put({ pk: 'once', sk: 's', by: 'second' }, CREATE)).rejects.toMatchObject(REFUSED);
      expect(await get('once')).toMatchObject({ by: 'first' });
    });

    it('lets one of many through', async () => {
      const all = await Promise.allSettled(
        Array.from({ length: 20 }, (_, by) => put({ pk: 'race', sk: 's', by }, CREATE)),
      );
      expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('replaces the version that it knows, and gives back the one before', async () => {
      const of = (expected: number) => ({
        ConditionExpression: '#version = :expected',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':expected': expected },
        ReturnValues: 'ALL_OLD',
      });
      await put({ pk: 'version', sk: 's', version: 1, old: true });
      expect((await put({ pk: 'version', sk: 's', version: 2 }, of(1))).Attributes).toEqual({
        ...{ pk: 'version', sk: 's', version: 1, old: true },
      });
      await expect(put({ pk: 'version', sk: 's', version: 2 }, of(1))).rejects.toMatchObject(REFUSED);
      await expect(put({ pk: 'nobody', sk: 's', version: 2 }, of(1))).rejects.toMatchObject(REFUSED);
      expect((await put({ pk: 'fresh', sk: 's' }, { ReturnValues: 'ALL_OLD' })).Attributes).toBeUndefined();
    });

    it.each([
      ['a = :one', true],
      ['a <> :one', false],
      ['a > :one', false],
      ['a >= :one', true],
      ['a < :two AND attribute_exists(b)', true],
      ['attribute_exists(c) OR (NOT a = :two)', true],
      ['a BETWEEN :one AND :two', true],
      ['a IN (:two, :one)', true],
      // A text is no number, and what is not there is not equal.
      ['b < :two', false],
      ['c = :one', false],
      ['m.d = :one', true],
      ['m.e.f = :one', false],
    ])('knows that %s is %s', async (ConditionExpression, holds) => {
      await put({ pk: 'judge', sk: 's', a: 1, b: 'text', m: { d: 1 } });
      const values = { ':one': 1, ':two': 2 };
      const ExpressionAttributeValues = Object.fromEntries(
        Object.entries(values).filter(([name]) => ConditionExpression.includes(name)),
      );
      const write = put(
        { pk: 'judge', sk: 's', a: 1 },
        {
          ConditionExpression,
          ...(Object.keys(ExpressionAttributeValues).length === 0 ? {} : { ExpressionAttributeValues }),
        },
      );
      if (holds) await write;
      else await expect(write).rejects.toMatchObject(REFUSED);
    });

    it.each([
      ['with a reserved word', { ConditionExpression: 'attribute_not_exists(status)' }],
      ['that is none', { ConditionExpression: 'a = ' }],
      ['that is empty', { ConditionExpression: '' }],
      ['with a value that is not given', { ConditionExpression: 'a = :a' }],
      ['with a name that is not given', { ConditionExpression: 'attribute_exists(#a)' }],
      [
        'with a value that nothing uses',
        { ConditionExpression: 'a = :a', ExpressionAttributeValues: { ':a': 1, ':b': 2 } },
      ],
      [
        'with a name that nothing uses',
        { ConditionExpression: 'attribute_exists(a)', ExpressionAttributeNames: { '#a': 'a' } },
      ],
    ])('%s is an error', async (_title, condition) => {
      await expect(put({ pk: 'wrong', sk: 's' }, condition)).rejects.toMatchObject(INVALID);
      expect(await get('wrong')).toBeUndefined();
    });

    it('deletes only what fulfils it; without one, also what is not there', async () => {
      const remove = (more: object = {}) =>
        table.client.send(new DeleteCommand({ TableName, Key: { pk: 'gone', sk: 's' }, ...more }));
      const held = { ConditionExpression: 'holder = :a', ExpressionAttributeValues: { ':a': 'me' } };
      await put({ pk: 'gone', sk: 's', holder: 'somebody' });
      await expect(remove(held)).rejects.toMatchObject(REFUSED);
      expect((await remove({ ReturnValues: 'ALL_OLD' })).Attributes).toMatchObject({ holder: 'somebody' });
      await expect(remove(held)).rejects.toMatchObject(REFUSED);
      await remove();
    });
  });

  describe('a query', () => {
    beforeAll(async () => {
      // In no order, with letters whose UTF-8 sorts otherwise than their UTF-16.
      for (const sk of ['b', 'a', '\u{1F600}', '\uFF5E', 'B', 'aa']) await put({ pk: 'order', sk });
      for (let index = 0; index < 6; index++) await put({ pk: 'pages', sk: `${index}`, even: index % 2 === 0 });
    });

    it('has the items of a partition in the order of their bytes, or backwards', async () => {
      const order = ['B', 'a', 'aa', 'b', '\uFF5E', '\u{1F600}'];
      const sorted = async (more: object) => (await partition('order', more)).Items?.map(({ sk }) => sk);
      expect(await sorted({})).toEqual(order);
      expect(await sorted({ ScanIndexForward: false })).toEqual(order.toReversed());
      expect((await partition('nobody')).Items).toEqual([]);
    });

    it.each([
      ['sk > :x', { ':x': 'a' }, ['aa', 'b']],
      ['sk <= :x', { ':x': 'a' }, ['B', 'a']],
      ['begins_with(sk, :x)', { ':x': 'a' }, ['a', 'aa']],
      ['sk BETWEEN :x AND :y', { ':x': 'a', ':y': 'b' }, ['a', 'aa', 'b']],
    ])('takes a part of it: %s', async (condition, values, expected) => {
      const { Items } = await query({
        KeyConditionExpression: `pk = :pk AND ${condition}`,
        ExpressionAttributeValues: { ':pk': 'order', ...values },
      });
      expect(Items?.map(({ sk }) => sk).filter((sk) => /^\w+$/.test(sk))).toEqual(expected);
    });

    it('comes in pages; a page that is full ends with a key, also where nothing is behind it', async () => {
      const first = await partition('pages', { Limit: 3 });
      expect(first.Items?.map(({ sk }) => sk)).toEqual(['0', '1', '2']);
      expect(first.LastEvaluatedKey).toEqual({ pk: 'pages', sk: '2' });
      const second = await partition('pages', { Limit: 3, ExclusiveStartKey: first.LastEvaluatedKey });
      expect(second.Items?.map(({ sk }) => sk)).toEqual(['3', '4', '5']);
      expect(second.LastEvaluatedKey).toEqual({ pk: 'pages', sk: '5' });
      const third = await partition('pages', { Limit: 3, ExclusiveStartKey: second.LastEvaluatedKey });
      expect(third).toMatchObject({ Items: [], Count: 0 });
      expect(third.LastEvaluatedKey).toBeUndefined();
      expect((await partition('pages', { Limit: 7 })).LastEvaluatedKey).toBeUndefined();
    });

    it('goes on behind a key whose item is gone', async () => {
      const { Items } = await partition('pages', { ExclusiveStartKey: { pk: 'pages', sk: '3x' } });
      expect(Items?.map(({ sk }) => sk)).toEqual(['4', '5']);
    });

    it('goes backwards from a key, too', async () => {
      const more = { ScanIndexForward: false, Limit: 2 };
      const { Items } = await partition('pages', { ...more, ExclusiveStartKey: { pk: 'pages', sk: '3' } });
      expect(Items?.map(({ sk }) => sk)).toEqual(['2', '1']);
    });

    it('filters what it has read, not what it reads', async () => {
      const page = await partition('pages', {
        Limit: 3,
        FilterExpression: 'even = :yes',
        ExpressionAttributeValues: { ':pk': 'pages', ':yes': true },
      });
      expect(page.Items?.map(({ sk }) => sk)).toEqual(['0', '2']);
      expect(page).toMatchObject({ Count: 2, ScannedCount: 3, LastEvaluatedKey: { sk: '2' } });
    });

    it('has no more than a megabyte in a page', async () => {
      for (const sk of ['0', '1', '2', '3']) await put({ pk: 'wide', sk, text: 'x'.repeat(380_000) });
      const first = await partition('wide');
      expect(first.Items?.map(({ sk }) => sk)).toEqual(['0', '1', '2']);
      const second = await partition('wide', { ExclusiveStartKey: first.LastEvaluatedKey });
      expect(second.Items?.map(({ sk }) => sk)).toEqual(['3']);
      expect(second.LastEvaluatedKey).toBeUndefined();
    });

    it.each([
      ['of no partition', { KeyConditionExpression: 'sk = :x' }],
      ['of many partitions', { KeyConditionExpression: 'pk > :x' }],
      ['by what is no key', { KeyConditionExpression: 'pk = :x AND other = :x' }],
      ['of an index that is not there', { KeyConditionExpression: 'pk = :x', IndexName: 'no-such-index' }],
      ['without a condition', {}],
      ['of less than one item', { KeyConditionExpression: 'pk = :x', Limit: 0 }],
    ])('%s is an error', async (_title, wrong: Partial<QueryCommandInput>) => {
      const values = wrong.KeyConditionExpression ? { ExpressionAttributeValues: { ':x': 'x' } } : {};
      await expect(query({ ...values, ...wrong })).rejects.toMatchObject(INVALID);
    });
  });

  describe('an index', () => {
    const open = (more: Partial<QueryCommandInput> = {}) =>
      query({
        IndexName: TABLE.openIndex,
        KeyConditionExpression: '#shard = :open',
        ExpressionAttributeNames: { '#shard': TABLE.openShard },
        ExpressionAttributeValues: { ':open': 'open' },
        ...more,
      });
    beforeAll(async () => {
      for (const pk of ['SESSION#c', 'SESSION#a', 'SESSION#b', 'SESSION#d'])
        await put({ pk, sk: 'RECORD', [TABLE.openShard]: 'open', record: {} });
      await put({ pk: 'SESSION#closed', sk: 'RECORD', record: {} });
    });

    it('has the keys of the items that have its attributes, in its own order', async () => {
      const { Items } = await open();
      expect(Items).toEqual(
        ['a', 'b', 'c', 'd'].map((id) => ({ pk: `SESSION#${id}`, sk: 'RECORD', [TABLE.openShard]: 'open' })),
      );
    });

    it('comes in pages, by the keys of both', async () => {
      const { LastEvaluatedKey } = await open({ Limit: 2 });
      expect(LastEvaluatedKey).toEqual({ pk: 'SESSION#b', sk: 'RECORD', [TABLE.openShard]: 'open' });
      const { Items } = await open({ ExclusiveStartKey: LastEvaluatedKey });
      expect(Items?.map(({ pk }) => pk)).toEqual(['SESSION#c', 'SESSION#d']);
    });

    it('follows its items', async () => {
      await put({ pk: 'SESSION#d', sk: 'RECORD', record: {} });
      const { Items } = await open({
        KeyConditionExpression: '#shard = :open AND pk > :after',
        ExpressionAttributeValues: { ':open': 'open', ':after': 'SESSION#a' },
      });
      expect(Items?.map(({ pk }) => pk)).toEqual(['SESSION#b', 'SESSION#c']);
    });

    it('is not read consistently, and takes no key of another kind', async () => {
      await expect(open({ ConsistentRead: true })).rejects.toMatchObject(INVALID);
      await expect(put({ pk: 'x', sk: 's', [TABLE.openShard]: 7 })).rejects.toMatchObject(INVALID);
    });
  });

  describe('a batch', () => {
    const batch = (Keys: Record<string, unknown>[], more: object = {}) =>
      table.client.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys, ...more } } }));

    it('has what is there of many keys, or the attributes that are asked for', async () => {
      await put({ pk: 'batch-1', sk: 's', a: 1, b: 2 });
      await put({ pk: 'batch-2', sk: 's', b: 3 });
      const keys = ['batch-1', 'batch-2', 'batch-3'].map((pk) => ({ pk, sk: 's' }));
      const found = async (more: object) =>
        ((await batch(keys, more)).Responses?.[TableName] ?? []).toSorted((x, y) =>
          String(x['pk']) < String(y['pk']) ? -1 : 1,
        );
      expect(await found({})).toEqual([
        { pk: 'batch-1', sk: 's', a: 1, b: 2 },
        { pk: 'batch-2', sk: 's', b: 3 },
      ]);
      expect(await found({ ProjectionExpression: 'pk, a' })).toEqual([{ pk: 'batch-1', a: 1 }, { pk: 'batch-2' }]);
    });

    it('has no key twice, and no more than a hundred', async () => {
      const keys = Array.from({ length: 101 }, (_, index) => ({ pk: `many-${index}`, sk: 's' }));
      expect((await batch(keys.slice(1))).UnprocessedKeys).toEqual({});
      await expect(batch(keys)).rejects.toMatchObject(INVALID);
      await expect(
        batch([
          { pk: 'a', sk: 's' },
          { pk: 'a', sk: 's' },
        ]),
      ).rejects.toMatchObject(INVALID);
    });
  });
});
