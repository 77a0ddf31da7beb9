import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { DynamoLock } from '../../aws/dynamo-lock';
import { DynamoSessionStore } from '../../aws/dynamo-session-store';
import { collect } from '../../aws/pages';
import { OPEN_SHARD, TABLE } from '../../core/table';
import { createDynamodb } from '../../local/services/dynamodb';
import { clientOptions, REGION, startTestGateway } from '../gateway/start-test-gateway';
import { MemoryClock } from '../support/memory-ports';
import { aNode, anAttempt, aSession, minutesAgo } from '../support/sessions';

async function startTable() {
  const dynamodb = await createDynamodb({ dataDir: mkdtempSync(join(tmpdir(), 'store-test-')), region: REGION });
  await dynamodb.createTable({
    TableName: 'runctl',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: TABLE.partitionKey, KeyType: 'HASH' },
      { AttributeName: TABLE.sortKey, KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [TABLE.partitionKey, TABLE.sortKey, TABLE.openShard].map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S',
    })),
    GlobalSecondaryIndexes: [
      {
        IndexName: TABLE.openIndex,
        KeySchema: [
          { AttributeName: TABLE.openShard, KeyType: 'HASH' },
          { AttributeName: TABLE.partitionKey, KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
  });
  const gateway = await startTestGateway({ dynamodb });
  const raw = new DynamoDBClient(clientOptions(gateway));
  const close = async () => {
    raw.destroy();
    await gateway.close();
    await dynamodb.close();
  };
  return { client: DynamoDBDocumentClient.from(raw), close };
}

let table: Awaited<ReturnType<typeof startTable>>;
let store: DynamoSessionStore;
beforeAll(async () => {
  table = await startTable();
  store = new DynamoSessionStore(table.client, 'runctl');
});
afterAll(() => table.close());

describe('the session store', () => {
  it('keeps a record as it is, and creates it once only', async () => {
    const session = aSession({ sessionId: 'a' });
    expect(await store.create(session)).toBe(true);
    expect(await store.create({ ...session, executionArn: 'another' })).toBe(false);
    expect(await store.get('a')).toEqual(session);
    expect(await store.get('nobody')).toBeUndefined();
  });

  it('lets the first of two writers through and tells the other', async () => {
    await store.create(aSession({ sessionId: 'b', version: 1 }));
    const [first, second] = await Promise.all([store.get('b'), store.get('b')]);
    if (!first || !second) throw new Error('no record');
    expect(await store.save({ ...first, resultsUri: 's3://first/' })).toMatchObject({ version: 2 });
    await expect(store.save({ ...second, resultsUri: 's3://second/' })).rejects.toMatchObject({
      name: 'WriteConflict',
    });
    expect(await store.get('b')).toMatchObject({ resultsUri: 's3://first/', version: 2 });
  });

  it('leads from an instance to its session', async () => {
    const session = aSession({ sessionId: 'c', version: 1, attempts: [] });
    await store.create(session);
    await store.save({ ...session, attempts: [anAttempt({ nodes: [aNode({ instanceId: 'i-0c' })] })] });
    expect(await store.sessionIdOfInstance('i-0c')).toBe('c');
    expect(await store.sessionIdOfInstance('i-0unknown')).toBeUndefined();
  });

  it('lists a session as open until it is released', async () => {
    const session = aSession({ sessionId: 'd', version: 1 });
    await store.create(session);
    const open = async () => (await collect(store.openSessions())).map(({ sessionId }) => sessionId);
    expect(await open()).toContain('d');
    await store.save({ ...session, releasedAt: minutesAgo(0) });
    expect(await open()).not.toContain('d');
    expect(OPEN_SHARD).toBe('open');
  });

  it('refuses a record with something undefined in it, rather than dropping it', async () => {
    const session = { ...aSession({ sessionId: 'e' }), resultsUri: undefined as unknown as string };
    await expect(store.create(session)).rejects.toThrow(/undefined/);
  });
});

describe('the lock', () => {
  it('has one holder at a time, who alone can give it back', async () => {
    const lock = new DynamoLock(table.client, 'runctl', new MemoryClock());
    expect(await lock.acquire('pass', 'one', 60)).toBe(true);
    expect(await lock.acquire('pass', 'two', 60)).toBe(false);
    await lock.release('pass', 'two');
    expect(await lock.acquire('pass', 'two', 60)).toBe(false);
    await lock.release('pass', 'one');
    expect(await lock.acquire('pass', 'two', 60)).toBe(true);
  });

  it('frees itself when its holder died', async () => {
    const clock = new MemoryClock();
    const lock = new DynamoLock(table.client, 'runctl', clock);
    await lock.acquire('other', 'one', 60);
    clock.pass(60_000);
    expect(await lock.acquire('other', 'two', 60)).toBe(true);
  });
});
