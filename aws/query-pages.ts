/** The items of a query, page by page. */
import { type DynamoDBDocumentClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { pages } from './pages';

export function queryPages(
  client: DynamoDBDocumentClient,
  query: QueryCommandInput,
): AsyncGenerator<Record<string, unknown>> {
  return pages(async (token) => {
    const { Items, LastEvaluatedKey } = await client.send(
      new QueryCommand({
        ...query,
        ...(token === undefined ? {} : { ExclusiveStartKey: JSON.parse(token) as Record<string, unknown> }),
      }),
    );
    return { items: Items, next: LastEvaluatedKey === undefined ? undefined : JSON.stringify(LastEvaluatedKey) };
  });
}
