/** The cost ledger: items of the table, a partition for each month. */
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { LedgerEntry } from '../core/costs/ledger';
import type { CostLedger } from '../core/ports';
import { ledgerPk } from '../core/table';
import { queryPages } from './query-pages';

export class DynamoCostLedger implements CostLedger {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tableName: string,
  ) {}

  async put(entry: LedgerEntry): Promise<void> {
    const Item = { pk: ledgerPk(entry.month), sk: entry.sessionId, entry };
    await this.client.send(new PutCommand({ TableName: this.tableName, Item }));
  }

  /** Only this project's functions may write the table, so the shape is trusted. */
  async *ofMonth(month: string): AsyncGenerator<LedgerEntry> {
    const items = queryPages(this.client, {
      TableName: this.tableName,
      KeyConditionExpression: 'pk = :month',
      ExpressionAttributeValues: { ':month': ledgerPk(month) },
    });
    for await (const { entry } of items) yield entry as LedgerEntry;
  }
}
