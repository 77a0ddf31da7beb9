/**
 * DynamoDB is dynalite, in this process: it listens on a loopback port of its own, and the gateway hands its requests
 * on byte for byte. Without a data folder the tables are in memory.
 */
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { Agent, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import * as sdk from '@aws-sdk/client-dynamodb';
import { Level } from 'level';
import type { RawHttpService } from '../gateway/http';
import type { WireRequest, WireResponse } from '../gateway/protocols/protocol';
import { AwsError, LocalUnsupported, type Operation, type Service } from '../service';

// Has no types of its own.
const dynalite = require('dynalite') as (options: {
  path?: string;
  createTableMs: number;
  deleteTableMs: number;
}) => Server;

export interface Dynamodb extends RawHttpService {
  /** The same tables for calls in process, such as the state machine's integrations. */
  readonly service: Service;
  /** Waits until the table can be used; keeps one that is there already. */
  createTable(input: sdk.CreateTableCommandInput): Promise<void>;
  /** Name of the partition key of a table that createTable made, or of its index. */
  partitionKey(tableName: string, indexName?: string): string | undefined;
  close(): Promise<void>;
}

/** What dynalite can do besides transactions and time to live. */
const OPERATIONS = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'PutItem',
  'Query',
  'Scan',
  'UpdateItem',
] as const;

/** Dynalite takes every field and ignores what it does not know. Its reads are always consistent. @throws LocalUnsupported */
function checkFields(operation: string, input: object): void {
  const name = OPERATIONS.find((each) => each === operation);
  if (name === undefined) return;
  const { types } = require(`dynalite/validations/${name[0]?.toLowerCase()}${name.slice(1)}`) as { types: object };
  const unknown = Object.keys(input).find((field) => !(field in types) && field !== 'ConsistentRead');
  if (unknown !== undefined) throw new LocalUnsupported('dynamodb', `${unknown} of ${operation}`);
}

/** Headers that dynalite looks at; it checks that a signature is there, not what it says. */
const FORWARDED_HEADERS = ['x-amz-target', 'x-amz-date', 'content-type', 'authorization', 'accept-encoding'];

/** @throws Error when the data folder is in use by another process. */
export async function createDynamodb(options: { dataDir?: string; region: string }): Promise<Dynamodb> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, ...(await openStorage(options.dataDir)) });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  const client = new sdk.DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: options.region,
    credentials: { accessKeyId: 'LOCAL', secretAccessKey: 'LOCAL' },
    maxAttempts: 1,
  });
  const created = new Map<string, sdk.CreateTableCommandInput>();
  const underWay = new Set<Promise<WireResponse>>();
  const handle = async (request: WireRequest, operation: string, input: object) => {
    checkFields(operation, input);
    const answer = forward(request, port, agent);
    underWay.add(answer);
    answer.finally(() => underWay.delete(answer)).catch(() => undefined);
    return answer;
  };
  return {
    handle,
    service: createService(client),
    async createTable(input) {
      await createTable(client, input);
      created.set(input.TableName ?? '', input);
    },
    partitionKey(tableName, indexName) {
      const table = created.get(tableName);
      const index = table?.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === indexName);
      const { KeySchema } = (indexName === undefined ? table : index) ?? {};
      return KeySchema?.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName;
    },
    async close() {
      // A write that dynalite finds its store closed under would end this process.
      await Promise.allSettled(underWay);
      client.destroy();
      agent.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
    },
  };
}

/** Dynalite opens its store unseen, and one that is held by another process ends this one at the first call. */
async function openStorage(dataDir: string | undefined): Promise<{ path?: string }> {
  if (dataDir === undefined) return {};
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, 'dynamodb');
  const store = new Level(path);
  try {
    await store.open();
  } catch (cause) {
    throw new Error(`${dataDir} is in use, perhaps by another local cloud: stop that one, or choose another folder.`, {
      cause,
    });
  }
  await store.close();
  return { path };
}

async function forward(request: WireRequest, port: number, agent: Agent): Promise<WireResponse> {
  const headers: Record<string, string> = { 'content-length': String(request.body.length) };
  for (const name of FORWARDED_HEADERS) {
    const value = request.headers[name]?.toString();
    if (value !== undefined) headers[name] = value;
  }
  const outgoing = httpRequest({ host: '127.0.0.1', port, agent, method: request.method, path: '/', headers });
  outgoing.end(request.body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const body = await buffer(incoming);
  return { statusCode: incoming.statusCode ?? 500, headers: answerHeaders(incoming), body };
}

function answerHeaders(incoming: IncomingMessage): Record<string, string> {
  const kept = Object.entries(incoming.headers).filter(([name]) => /^(content-type|content-encoding|x-am)/.test(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

async function createTable(client: sdk.DynamoDBClient, input: sdk.CreateTableCommandInput): Promise<void> {
  try {
    await client.send(new sdk.CreateTableCommand(input));
  } catch (error) {
    if (!(error instanceof sdk.ResourceInUseException)) throw error;
  }
  const describe = new sdk.DescribeTableCommand({ TableName: input.TableName });
  while ((await client.send(describe)).Table?.TableStatus !== 'ACTIVE');
}

function createService(client: sdk.DynamoDBClient): Service {
  const operations: Record<string, Operation> = {};
  for (const name of OPERATIONS) {
    // biome-ignore lint/performance/noDynamicNamespaceImportAccess: the local cloud is never bundled
    const Command = sdk[`${name}Command`] as unknown as new (input: object) => Parameters<typeof client.send>[0];
    operations[name] = async (input: object) => {
      try {
        const { $metadata: _, ...output } = await client.send(new Command(input));
        return output;
      } catch (error) {
        if (!(error instanceof sdk.DynamoDBServiceException)) throw error;
        const statusCode = error.$metadata.httpStatusCode ?? 400;
        throw new AwsError(error.name, error.message, { statusCode, details: itemOf(error) });
      }
    };
  }
  return { id: 'dynamodb', operations };
}

/** What a failed condition found, when the caller asked for it. */
function itemOf(error: object): Record<string, unknown> {
  return 'Item' in error && error.Item !== undefined ? { Item: error.Item } : {};
}
