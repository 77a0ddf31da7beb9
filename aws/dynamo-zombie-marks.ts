/** The reaper's marks: items of one partition of the table, a resource each. */
import { DeleteCommand, type DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Page, ZombieMarks } from '../core/ports';
import { ZOMBIES_PK } from '../core/table';
import type { ZombieMark } from '../core/zombies/judge';
import { existingKeys } from './batch-get';

const PAGE_SIZE = 200;

export class DynamoZombieMarks implements ZombieMarks {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tableName: string,
  ) {}

  /** The token is the resource id after which the page begins. Only this project's functions write the table. */
  async page(token: string | undefined): Promise<Page<ZombieMark>> {
    const { Items, LastEvaluatedKey } = await this.client.send(
      new QueryCommand({
        TableName: this.tableName,
        KeyConditionExpression: 'pk = :zombies',
        ExpressionAttributeValues: { ':zombies': ZOMBIES_PK },
        ConsistentRead: true,
        Limit: PAGE_SIZE,
        ...(token === undefined ? {} : { ExclusiveStartKey: { pk: ZOMBIES_PK, sk: token } }),
      }),
    );
    const items = (Items ?? []).map(({ mark }) => mark as ZombieMark);
    return { items, next: LastEvaluatedKey === undefined ? undefined : String(LastEvaluatedKey['sk']) };
  }

  async marked(resourceIds: readonly string[]): Promise<Set<string>> {
    const keys = [...new Set(resourceIds)].map((sk) => ({ pk: ZOMBIES_PK, sk }));
    return new Set((await existingKeys(this.client, this.tableName, keys)).map(({ sk }) => sk));
  }

  async put(mark: ZombieMark): Promise<void> {
    const Item = { pk: ZOMBIES_PK, sk: mark.resource.resourceId, mark };
    await this.client.send(new PutCommand({ TableName: this.tableName, Item }));
  }

  async remove(resourceId: string): Promise<void> {
    await this.client.send(new DeleteCommand({ TableName: this.tableName, Key: { pk: ZOMBIES_PK, sk: resourceId } }));
  }
}
