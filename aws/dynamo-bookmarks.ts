/** Where work that ran out of time goes on: items of the table. */
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Bookmarks } from '../core/ports';
import { bookmarkPk } from '../core/table';

const BOOKMARK = 'BOOKMARK';

export class DynamoBookmarks implements Bookmarks {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tableName: string,
  ) {}

  async get(name: string): Promise<string | undefined> {
    const Key = { pk: bookmarkPk(name), sk: BOOKMARK };
    const { Item } = await this.client.send(new GetCommand({ TableName: this.tableName, Key, ConsistentRead: true }));
    return typeof Item?.['place'] === 'string' ? Item['place'] : undefined;
  }

  async set(name: string, place: string | null): Promise<void> {
    const Key = { pk: bookmarkPk(name), sk: BOOKMARK };
    const TableName = this.tableName;
    if (place === null) await this.client.send(new DeleteCommand({ TableName, Key }));
    else await this.client.send(new PutCommand({ TableName, Item: { ...Key, place } }));
  }
}
