/** The adapters of the table, on everything that stands in for DynamoDB. */
import type { PutCommand } from '@aws-sdk/lib-dynamodb';
import { DynamoAlertMarks } from '../../aws/dynamo-alert-marks';
import { DynamoCostLedger } from '../../aws/dynamo-cost-ledger';
import { DynamoCursors } from '../../aws/dynamo-cursors';
import { DynamoLock } from '../../aws/dynamo-lock';
import { DynamoSessionRegister } from '../../aws/dynamo-session-register';
import { DynamoSessionStore } from '../../aws/dynamo-session-store';
import { DynamoZombieMarks } from '../../aws/dynamo-zombie-marks';
import { collect } from '../../aws/pages';
import { withRetention } from '../../core/checkpoints/retention';
import type { LedgerEntry } from '../../core/costs/ledger';
import { OPEN_SHARD } from '../../core/table';
import { newMark } from '../../core/zombies/judge';
import { MemoryClock } from '../support/memory-ports';
import { anInstance } from '../support/reaper-ports';
import { aNode, anAttempt, aSession, minutesAgo, NOW } from '../support/sessions';
import { STAND_INS, type StandIn } from './dynamodb-stand-ins';

/** What the SDK does when the answer to a request that took effect is lost. */
const sentTwice = (client: StandIn['client']) =>
  ({
    send: async (command: PutCommand) => {
      await client.send(command).catch(() => {});
      return client.send(command);
    },
  }) as unknown as StandIn['client'];

describe.each(STAND_INS)('on DynamoDB of %s', (_where, start) => {
  let table: StandIn;
  let store: DynamoSessionStore;
  beforeAll(async () => {
    table = await start();
    store = new DynamoSessionStore(table.client, table.tableName);
  });
  afterAll(() => table?.close());

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
      const register = new DynamoSessionRegister(table.client, table.tableName);
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
      const register = new DynamoSessionRegister(table.client, table.tableName);
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
      const marks = new DynamoZombieMarks(table.client, table.tableName);
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
      const lock = new DynamoLock(table.client, table.tableName, new MemoryClock());
      expect(await lock.acquire('pass', 'one', 60)).toBe(true);
      expect(await lock.acquire('pass', 'two', 60)).toBe(false);
      await lock.release('pass', 'two');
      expect(await lock.acquire('pass', 'two', 60)).toBe(false);
      await lock.release('pass', 'one');
      expect(await lock.acquire('pass', 'two', 60)).toBe(true);
    });

    it('is got by whom it was given to, though the answer was lost and the request is sent again', async () => {
      const lock = new DynamoLock(sentTwice(table.client), table.tableName, new MemoryClock());
      expect(await lock.acquire('twice', 'one', 60)).toBe(true);
      expect(await lock.acquire('twice', 'two', 60)).toBe(false);
    });

    it('frees itself when its holder died', async () => {
      const clock = new MemoryClock();
      const lock = new DynamoLock(table.client, table.tableName, clock);
      await lock.acquire('other', 'one', 60);
      clock.pass(60_000);
      expect(await lock.acquire('other', 'two', 60)).toBe(true);
    });

    it('is not held for ever when its holder’s clock was ahead by a year, and it died', async () => {
      const clock = new MemoryClock();
      const ahead = new MemoryClock();
      ahead.pass(365 * 24 * 3_600_000);
      await new DynamoLock(table.client, table.tableName, ahead).acquire('jumped', 'one', 60);
      expect(await new DynamoLock(table.client, table.tableName, clock).acquire('jumped', 'two', 60)).toBe(true);
    });
  });

  describe('the cost ledger', () => {
    it('has the entries of a month, the newest of each session, however many they are', async () => {
      const ledger = new DynamoCostLedger(table.client, table.tableName);
      const entry = (sessionId: string, month: string, usd = 1) =>
        ({ month, sessionId, usd }) as unknown as LedgerEntry;
      for (const month of ['2026-10', '2026-11']) await ledger.put(entry('l-1', month));
      await ledger.put(entry('l-2', '2026-11'));
      await ledger.put(entry('l-1', '2026-11', 2));
      expect(await collect(ledger.ofMonth('2026-11'))).toEqual([entry('l-1', '2026-11', 2), entry('l-2', '2026-11')]);
      expect(await collect(ledger.ofMonth('2026-12'))).toEqual([]);
    });
  });

  describe('the marks of alerts', () => {
    it('let one publish each, and another one who died over it, a minute later', async () => {
      const clock = new MemoryClock();
      const marks = new DynamoAlertMarks(table.client, table.tableName, clock);
      expect(await marks.claim('a-1')).toBe(true);
      expect(await marks.claim('a-1')).toBe(false);
      clock.pass(60_000);
      expect(await marks.claim('a-1')).toBe(true);
      await marks.done('a-1');
      clock.pass(600_000);
      expect(await marks.claim('a-1')).toBe(false);
    });
  });

  it('an alert is claimed by whoever claimed it, though the answer was lost and the request is sent again', async () => {
    const marks = new DynamoAlertMarks(sentTwice(table.client), table.tableName, new MemoryClock());
    expect(await marks.claim('twice')).toBe(true);
    expect(await marks.claim('twice')).toBe(false);
  });

  describe('a cursor', () => {
    it('is where a pass left off, until it went through', async () => {
      const cursors = new DynamoCursors(table.client, table.tableName);
      expect(await cursors.get('costs')).toBeNull();
      await cursors.set('costs', 'session-7');
      expect(await cursors.get('costs')).toBe('session-7');
      for (let round = 0; round < 2; round++) await cursors.set('costs', null);
      expect(await cursors.get('costs')).toBeNull();
    });
  });
});
