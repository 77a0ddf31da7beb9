/**
 * What stands in for DynamoDB where there is no AWS: the simulation's double; the local cloud, which is dynalite behind
 * our gateway; dynalite as it comes. Other implementations for npm fetch AWS's own Java program when they first run.
 * RUNCTL_DYNAMODB_ENDPOINT adds whatever listens there, such as moto's server or that Java program.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { TABLE } from '../../core/table';
import { createDynamodb } from '../../local/services/dynamodb';
import { createMemoryDynamodb } from '../../simulation/services/memory-dynamodb';
import { clientOptions, REGION, startTestGateway } from '../gateway/start-test-gateway';
import { memoryClient } from '../simulation/memory-client';

const dynalite = require('dynalite') as (options: { createTableMs: number }) => Server;

export interface StandIn {
  client: DynamoDBDocumentClient;
  tableName: string;
  close(): Promise<void>;
}

const keysOnly = (IndexName: string, hash: string, range: string) => ({
  IndexName,
  KeySchema: [
    { AttributeName: hash, KeyType: 'HASH' as const },
    { AttributeName: range, KeyType: 'RANGE' as const },
  ],
  Projection: { ProjectionType: 'KEYS_ONLY' as const },
});

/** The stack's table, as lib/storage.ts makes it. */
const tableOf = (TableName: string): CreateTableCommandInput => ({
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [
    { AttributeName: TABLE.partitionKey, KeyType: 'HASH' },
    { AttributeName: TABLE.sortKey, KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    ...[TABLE.partitionKey, TABLE.sortKey, TABLE.openShard, TABLE.keptShard, TABLE.retentionDueAt],
  ].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  GlobalSecondaryIndexes: [
    keysOnly(TABLE.openIndex, TABLE.openShard, TABLE.partitionKey),
    keysOnly(TABLE.keptIndex, TABLE.keptShard, TABLE.retentionDueAt),
  ],
});

async function startMemory(): Promise<StandIn> {
  const dynamodb = createMemoryDynamodb();
  await dynamodb.createTable(tableOf('runctl'));
  return { client: memoryClient(dynamodb.service), tableName: 'runctl', close: async () => {} };
}

async function startLocal(): Promise<StandIn> {
  const dataDir = mkdtempSync(join(tmpdir(), 'runctl-table-'));
  const dynamodb = await createDynamodb({ dataDir, region: REGION });
  await dynamodb.createTable(tableOf('runctl'));
  const gateway = await startTestGateway({ dynamodb });
  const raw = new DynamoDBClient(clientOptions(gateway));
  const close = async () => {
    raw.destroy();
    await gateway.close();
    await dynamodb.close();
    rmSync(dataDir, { recursive: true });
  };
  return { client: DynamoDBDocumentClient.from(raw), tableName: 'runctl', close };
}

async function startDynalite(): Promise<StandIn> {
  const server = dynalite({ createTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const standIn = await startAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const close = async () => {
    await standIn.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  return { ...standIn, close };
}

async function startAt(endpoint: string): Promise<StandIn> {
  const raw = new DynamoDBClient({
    endpoint,
    region: REGION,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  const tableName = `contract-${crypto.randomUUID()}`;
  await raw.send(new CreateTableCommand(tableOf(tableName)));
  return { client: DynamoDBDocumentClient.from(raw), tableName, close: async () => raw.destroy() };
}

const elsewhere = process.env['RUNCTL_DYNAMODB_ENDPOINT'];

export const STAND_INS: [string, () => Promise<StandIn>][] = [
  ['the simulation', startMemory],
  ['the local cloud', startLocal],
  ['dynalite', startDynalite],
  ...(elsewhere === undefined
    ? []
    : [[elsewhere, () => startAt(elsewhere)] satisfies [string, () => Promise<StandIn>]]),
];
