/**
 * The session table. The record is the truth, one item, written only on condition of its version; the items that lead
 * from an instance to its session are derived and may be written again at any time.
 */
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { nextRetentionAt } from '../core/checkpoints/retention';
import { RunctlError } from '../core/errors';
import type { SessionStore } from '../core/ports';
import { instanceIdsOf } from '../core/session/attempts';
import type { Session } from '../core/session/session';
import { instancePk, KEPT_SHARD, OPEN_SHARD, RECORD, sessionPk, TABLE } from '../core/table';
import { hasCode } from './errors';
import { queryPages } from './query-pages';
import { unlessRefused } from './unless-refused';

/** sk of an index item. */
const INDEX = 'SESSION';

export class DynamoSessionStore implements SessionStore {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tableName: string,
  ) {}

  async get(sessionId: string): Promise<Session | undefined> {
    const { Item } = await this.client.send(
      new GetCommand({
        TableName: this.tableName,
        Key: { pk: sessionPk(sessionId), sk: RECORD },
        ConsistentRead: true,
      }),
    );
    return recordOf(Item);
  }

  create(session: Session): Promise<boolean> {
    return unlessRefused(
      this.client.send(
        new PutCommand({
          TableName: this.tableName,
          Item: toItem(session),
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      ),
    );
  }

  async save(session: Session): Promise<Session> {
    const written = { ...session, version: session.version + 1 };
    const before = await this.#replace(session, written);
    const known = new Set(before === undefined ? [] : instanceIdsOf(before));
    const added = instanceIdsOf(written).filter((id) => !known.has(id));
    await Promise.all(added.map((id) => this.indexInstance(id, session.sessionId)));
    return written;
  }

  /** Returns the record as it was before. */
  async #replace(expected: Session, written: Session): Promise<Session | undefined> {
    try {
      const { Attributes } = await this.client.send(
        new PutCommand({
          TableName: this.tableName,
          Item: toItem(written),
          ConditionExpression: '#version = :expected',
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':expected': expected.version },
          ReturnValues: 'ALL_OLD',
        }),
      );
      return recordOf(Attributes);
    } catch (error) {
      if (!hasCode(error, 'ConditionalCheckFailedException')) throw error;
      throw new RunctlError('WriteConflict', `Somebody else has changed session ${expected.sessionId}.`, {
        cause: error,
      });
    }
  }

  async sessionIdOfInstance(instanceId: string): Promise<string | undefined> {
    const { Item } = await this.client.send(
      new GetCommand({ TableName: this.tableName, Key: { pk: instancePk(instanceId), sk: INDEX } }),
    );
    return typeof Item?.['sessionId'] === 'string' ? Item['sessionId'] : undefined;
  }

  async indexInstance(instanceId: string, sessionId: string): Promise<void> {
    await this.client.send(
      new PutCommand({ TableName: this.tableName, Item: { pk: instancePk(instanceId), sk: INDEX, sessionId } }),
    );
  }

  async *openSessions(): AsyncGenerator<Session> {
    for await (const session of this.unsettledSessions(null)) if (session.releasedAt === null) yield session;
  }

  /** The index is eventually consistent and has keys only; each record is read whole and fresh. */
  async *unsettledSessions(after: string | null): AsyncGenerator<Session> {
    const keys = queryPages(this.client, {
      TableName: this.tableName,
      IndexName: TABLE.openIndex,
      KeyConditionExpression: '#shard = :open AND pk > :after',
      ExpressionAttributeNames: { '#shard': TABLE.openShard },
      ExpressionAttributeValues: { ':open': OPEN_SHARD, ':after': sessionPk(after ?? '') },
    });
    for await (const { pk } of keys) {
      const session = await this.get(String(pk).slice(sessionPk('').length));
      if (session !== undefined && !isSettled(session)) yield session;
    }
  }
}

/** Nothing is left to be done for it every few minutes. */
function isSettled({ releasedAt, costsSettledAt }: Session): boolean {
  return releasedAt !== null && costsSettledAt !== null;
}

function toItem(session: Session): Record<string, unknown> {
  const dueAt = nextRetentionAt(session);
  return {
    pk: sessionPk(session.sessionId),
    sk: RECORD,
    version: session.version,
    ...(isSettled(session) ? {} : { [TABLE.openShard]: OPEN_SHARD }),
    ...(dueAt === null ? {} : { [TABLE.keptShard]: KEPT_SHARD, [TABLE.retentionDueAt]: dueAt }),
    record: session,
  };
}

/** Only this project's functions may write the table, so the shape is trusted. */
function recordOf(item: Record<string, unknown> | undefined): Session | undefined {
  return item?.['record'] as Session | undefined;
}
