/** Which sessions there are: the sparse indexes of the table, and keys of records. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { SessionRegister } from '../core/ports';
import { KEPT_SHARD, OPEN_SHARD, RECORD, sessionPk, TABLE } from '../core/table';
import { existingKeys } from './batch-get';
import { queryPages } from './query-pages';

export class DynamoSessionRegister implements SessionRegister {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tableName: string,
  ) {}

  async *openIds(): AsyncGenerator<string> {
    const keys = queryPages(this.client, {
      TableName: this.tableName,
      IndexName: TABLE.openIndex,
      KeyConditionExpression: '#shard = :open',
      ExpressionAttributeNames: { '#shard': TABLE.openShard },
      ExpressionAttributeValues: { ':open': OPEN_SHARD },
    });
    for await (const { pk } of keys) yield sessionIdIn(pk);
  }

  async known(sessionIds: readonly string[]): Promise<Set<string>> {
    const keys = [...new Set(sessionIds)].map((id) => ({ pk: sessionPk(id), sk: RECORD }));
    return new Set((await existingKeys(this.client, this.tableName, keys)).map(({ pk }) => sessionIdIn(pk)));
  }

  async *dueForRetention(until: string): AsyncGenerator<string> {
    const keys = queryPages(this.client, {
      TableName: this.tableName,
      IndexName: TABLE.keptIndex,
      KeyConditionExpression: '#shard = :kept AND #due <= :until',
      ExpressionAttributeNames: { '#shard': TABLE.keptShard, '#due': TABLE.retentionDueAt },
      ExpressionAttributeValues: { ':kept': KEPT_SHARD, ':until': until },
    });
    for await (const { pk } of keys) yield sessionIdIn(pk);
  }
}

const sessionIdIn = (pk: unknown) => String(pk).slice(sessionPk('').length);
