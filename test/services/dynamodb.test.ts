import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConditionalCheckFailedException,
  type CreateTableCommandInput,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { createDispatch } from '../../local/gateway/dispatch';
import { createDynamodb } from '../../local/services/dynamodb';
import { clientOptions, REGION, startTestGateway } from '../gateway/start-test-gateway';

const TABLE: CreateTableCommandInput = {
  TableName: 'sessions',
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [
    { AttributeName: 'id', AttributeType: 'S' },
    { AttributeName: 'owner', AttributeType: 'S' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'by-owner',
      KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
};

async function start(dataDir = mkdtempSync(join(tmpdir(), 'dynamodb-test-'))) {
  const dynamodb = await createDynamodb({ dataDir, region: REGION });
  await dynamodb.createTable(TABLE);
  const gateway = await startTestGateway({ dynamodb });
  const client = new DynamoDBClient(clientOptions(gateway));
  const close = async () => {
    client.destroy();
    await gateway.close();
    await dynamodb.close();
  };
  return { dynamodb, client, close, dataDir };
}

const item = (id: string, owner: string) => ({ id: { S: id }, owner: { S: owner } });

describe('DynamoDB', () => {
  it('keeps items over a restart, finds them by an index, and checks conditions', async () => {
    const first = await start();
    await first.client.send(new PutItemCommand({ TableName: 'sessions', Item: item('s1', 'ana') }));
    await first.client.send(new PutItemCommand({ TableName: 'sessions', Item: item('s2', 'bo') }));
    await first.close();

    const { client, close } = await start(first.dataDir);
    const found = await client.send(
      new QueryCommand({
        TableName: 'sessions',
        IndexName: 'by-owner',
        KeyConditionExpression: '#o = :o',
        ExpressionAttributeNames: { '#o': 'owner' },
        ExpressionAttributeValues: { ':o': { S: 'bo' } },
      }),
    );
    expect(found.Items).toEqual([item('s2', 'bo')]);
    const onlyNew = new PutItemCommand({
      TableName: 'sessions',
      Item: item('s1', 'eve'),
      ConditionExpression: 'attribute_not_exists(id)',
    });
    await expect(client.send(onlyNew)).rejects.toBeInstanceOf(ConditionalCheckFailedException);
    await close();
  });

  it('says so when another local cloud holds the data folder', async () => {
    const { close, dataDir } = await start();
    await expect(createDynamodb({ dataDir, region: REGION })).rejects.toThrow(`${dataDir} is in use`);
    await close();
  });

  it('is the same tables in process', async () => {
    const { dynamodb, client, close } = await start();
    const dispatch = createDispatch([dynamodb.service], () => {});
    const caller = { accessKeyId: 'k', accountId: '000000000000', arn: 'arn', userId: 'u' };
    const context = { caller, accountId: '000000000000', region: REGION, requestId: 'r' };
    await dispatch('dynamodb', 'PutItem', { TableName: 'sessions', Item: item('s3', 'ana') }, context);
    const { Item } = await client.send(new GetItemCommand({ TableName: 'sessions', Key: { id: { S: 's3' } } }));
    expect(Item).toEqual(item('s3', 'ana'));
    const missing = dispatch('dynamodb', 'GetItem', { TableName: 'nothing', Key: { id: { S: 's' } } }, context);
    await expect(missing).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await close();
  });

  it('refuses what dynalite cannot do', async () => {
    const { client, close } = await start();
    const withItem = new PutItemCommand({
      TableName: 'sessions',
      Item: item('s1', 'ana'),
      ConditionExpression: 'attribute_exists(id)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    await expect(client.send(withItem)).rejects.toMatchObject({
      name: 'LocalUnsupported',
      message: expect.stringContaining('ReturnValuesOnConditionCheckFailure of PutItem'),
    });
    const TimeToLiveSpecification = { AttributeName: 'ttl', Enabled: true };
    const ttl = client.send(new UpdateTimeToLiveCommand({ TableName: 'sessions', TimeToLiveSpecification }));
    await expect(ttl).rejects.toThrow();
    await close();
  });
});
