import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { DynamoLock } from '../../aws/dynamo-lock';
import { DynamoSessionRegister } from '../../aws/dynamo-session-register';
import { DynamoSessionStore } from '../../aws/dynamo-session-store';
import { DynamoZombieMarks } from '../../aws/dynamo-zombie-marks';
import { collect } from '../../aws/pages';
import { withRetention } from '../../core/checkpoints/retention';
import { OPEN_SHARD, TABLE } from '../../core/table';
import { newMark } from '../../core/zombies/judge';
import { createDynamodb } from '../../local/services/dynamodb';
import { clientOptions, REGION, startTestGateway } from '../gateway/start-test-gateway';
import { MemoryClock } from '../support/memory-ports';
import { anInstance } from '../support/reaper-ports';
import { aNode, anAttempt, aSession, minutesAgo, NOW } from '../support/sessions';

async function startTable() {
  const dynamodb = await createDynamodb({ dataDir: mkdtempSync(join(tmpdir(), 'store-test-')), region: REGION });
  await dynamodb.createTable({
    TableName: 'runctl',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: TABLE.partitionKey, KeyType: 'HASH' },
      { AttributeName: TABLE.sortKey, KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      ...[TABLE.partitionKey, TABLE.sortKey, TABLE.openShard, TABLE.keptShard, TABLE.retentionDueAt],
    ].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    GlobalSecondaryIndexes: [
      {
        IndexName: TABLE.openIndex,
        KeySchema: [
          { AttributeName: TABLE.openShard, KeyType: 'HASH' },
          { AttributeName: TABLE.partitionKey, KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
      {
        IndexName: TABLE.keptIndex,
        KeySchema: [
          { AttributeName: TABLE.keptShard, KeyType: 'HASH' },
          { AttributeName: TABLE.retentionDueAt, KeyType: 'RANGE' },
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

describe('the register of sessions', () => {
  it('knows which have a record, of any number of ids, and which are open', async () => {
    const register = new DynamoSessionRegister(table.client, 'runctl');
    const released = { releasedAt: minutesAgo(0), costsSettledAt: minutesAgo(0), attempts: [] };
    await store.create(aSession({ sessionId: 'r-open', attempts: [] }));
    await store.create(aSession({ sessionId: 'r-closed', ...released }));
    const many = Array.from({ length: 250 }, (_, index) => `r-nobody-${index}`);
    expect(await register.known(['r-open', 'r-closed', 'r-open', ...many])).toEqual(new Set(['r-open', 'r-closed']));
    expect(await register.known([])).toEqual(new Set());
    const open = await collect(register.openIds());
    expect(open).toContain('r-open');
    expect(open).not.toContain('r-closed');
  });

  it('lists sessions whose checkpoints are due, the longest due first, until they are looked after', async () => {
    const register = new DynamoSessionRegister(table.client, 'runctl');
    const ended = (minutes: number) => ({
      outcome: { result: 'succeeded' as const, error: null, message: '', at: minutesAgo(minutes), resumable: false },
    });
    for (const [sessionId, minutes] of [
      ['k-late', 5],
      ['k-early', 60],
      ['k-future', -60],
    ] as const) {
      await store.create(aSession({ sessionId, version: 1, ...ended(minutes) }));
    }
    await store.create(aSession({ sessionId: 'k-running' }));
    const due = async () => (await collect(register.dueForRetention(minutesAgo(0)))).filter((id) => /^k-/.test(id));
    expect(await due()).toEqual(['k-early', 'k-late']);
    const early = await store.get('k-early');
    if (early) await store.save(withRetention(early, { nextAt: minutesAgo(-5) }));
    expect(await due()).toEqual(['k-late']);
  });
});

describe('the reaper’s marks', () => {
  it('are kept until they are removed, page by page', async () => {
    const marks = new DynamoZombieMarks(table.client, 'runctl');
    const pass = { passId: 'p', now: NOW, settings: { minAgeMinutes: 15, isDryRun: false, tableName: 'runctl' } };
    const ids = Array.from({ length: 230 }, (_, index) => `i-${String(index).padStart(4, '0')}`);
    await Promise.all(ids.map((resourceId) => marks.put(newMark(anInstance({ resourceId }), 'no-record', pass))));
    const first = await marks.page(undefined);
    const second = await marks.page(first.next);
    expect([...first.items, ...second.items].map(({ resource }) => resource.resourceId)).toEqual(ids);
    expect(second.next).toBeUndefined();
    expect(first.items[0]).toEqual(newMark(anInstance({ resourceId: 'i-0000' }), 'no-record', pass));
    await marks.remove('i-0001');
    expect(await marks.marked(['i-0000', 'i-0001', 'i-9'])).toEqual(new Set(['i-0000']));
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
