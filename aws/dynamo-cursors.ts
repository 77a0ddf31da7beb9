/** Where a pass left off, as an item of the table. */
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Cursors } from '../core/ports';
import { cursorPk } from '../core/table';

const CURSOR = 'CURSOR';

export class DynamoCursors implements Cursors {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tableName: string,
  ) {}

  async get(pass: string): Promise<string | null> {
    const { Item } = await this.client.send(new GetCommand({ TableName: this.tableName, Key: keyOf(pass) }));
    return typeof Item?.['position'] === 'string' ? Item['position'] : null;
  }

  async set(pass: string, position: string | null): Promise<void> {
    const { tableName: TableName } = this;
    if (position === null) await this.client.send(new DeleteCommand({ TableName, Key: keyOf(pass) }));
    else await this.client.send(new PutCommand({ TableName, Item: { ...keyOf(pass), position } }));
  }
}

const keyOf = (pass: string) => ({ pk: cursorPk(pass), sk: CURSOR });
