/** Of many keys, the ones that have an item: a call for each hundred. */
import { BatchGetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { RunctlError } from '../core/errors';
import { TABLE } from '../core/table';
import { chunks } from './pages';

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const KEYS_PER_CALL = 100;
/** What is over 16 MB, or throttled, comes back unprocessed. */
const ROUNDS = 20;

type Key = { pk: string; sk: string };

/** Keys only, consistently read. */
export async function existingKeys(
  client: DynamoDBDocumentClient,
  tableName: string,
  keys: readonly Key[],
): Promise<Key[]> {
  const found: Key[] = [];
  for (const group of chunks(keys, KEYS_PER_CALL)) {
    let waiting: Key[] = group;
    for (let round = 0; waiting.length > 0; round++) {
      if (round >= ROUNDS) throw new RunctlError('AwsUnavailable', 'DynamoDB could not answer all of a batch now.');
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({
          RequestItems: {
            [tableName]: {
              Keys: waiting,
              ConsistentRead: true,
              ProjectionExpression: '#pk, #sk',
              ExpressionAttributeNames: { '#pk': TABLE.partitionKey, '#sk': TABLE.sortKey },
            },
          },
        }),
      );
      found.push(...((Responses?.[tableName] ?? []) as Key[]));
      waiting = (UnprocessedKeys?.[tableName]?.Keys ?? []) as Key[];
    }
  }
  return found;
}
