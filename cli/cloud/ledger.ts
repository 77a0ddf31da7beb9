/** The cost ledger, read with the user's own credentials. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { LedgerEntry } from '../../core/costs/ledger';
import { ledgerPk } from '../../core/table';
import type { ClientConfig } from './client-config';

export async function readLedger(client: ClientConfig, tableName: string, months: readonly string[]) {
  const table = DynamoDBDocumentClient.from(new DynamoDBClient(client));
  const entries = await Promise.all(months.map((month) => readMonth(table, tableName, month)));
  return entries.flat();
}

async function readMonth(table: DynamoDBDocumentClient, tableName: string, month: string): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  let from: Record<string, unknown> | undefined;
  do {
    const { Items, LastEvaluatedKey } = await table.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'pk = :month',
        ExpressionAttributeValues: { ':month': ledgerPk(month) },
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      }),
    );
    for (const item of Items ?? []) entries.push(item['entry'] as LedgerEntry);
    from = LastEvaluatedKey;
  } while (from !== undefined);
  return entries;
}
