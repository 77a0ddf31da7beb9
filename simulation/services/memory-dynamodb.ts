/**
 * DynamoDB in memory, at the level of the document client's commands: items are plain values. It has the calls that the
 * control plane makes. Expressions are parsed and judged by dynalite, which the local cloud's table runs on
 * (test/aws/dynamodb-contract.test.ts holds both to the same answers). Items are handed out frozen instead of copied:
 * who changed one would fail at once. No batch of a world reaches 16 MB, so that none is left unprocessed.
 */
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { AwsError, LocalUnsupported, type Operation, type Service } from '../../local/service';
import { frozenItem, ITEM_BYTES, type Item, sizeBytes } from './dynamodb-item';
import { type CreateTableInput, describeTable, type Keys, keyOf, keysIn, type Table } from './dynamodb-table';
import { type ExpressionInput, type Expressions, expressionsOf, pick } from './expressions';

export interface MemoryDynamodb {
  service: Service;
  createTable(input: object): Promise<void>;
  /** Told of every item that is written. */
  onWrite(listener: (item: Item, before: Item | undefined) => void): void;
}

const BATCH_KEYS = 100;
const PAGE_BYTES = 1024 * 1024;

const refuse = (message: string): never => {
  throw new AwsError('ValidationException', message);
};

export function createMemoryDynamodb(): MemoryDynamodb {
  const tables = new Map<string, Table>();
  const listeners: ((item: Item, before: Item | undefined) => void)[] = [];
  const find = (name: string): Table => {
    const table = tables.get(name);
    if (table) return table;
    throw new AwsError('ResourceNotFoundException', 'Cannot do operations on a non-existent table');
  };
  const operations: Record<string, Operation> = {
    Get: async (input: { TableName: string; Key: Item }) => {
      checkFields(input, ['Key', 'ConsistentRead']);
      const table = find(input.TableName);
      const item = table.items.get(keyOf(table, input.Key));
      return item ? { Item: item } : {};
    },
    Put: async (input: WriteInput & { Item: Item }) => {
      checkFields(input, ['Item', ...WRITE_FIELDS]);
      const table = find(input.TableName);
      const item = frozenItem(input.Item);
      const key = keyOf(table, keysIn(table, item));
      if (sizeBytes(item) > ITEM_BYTES) refuse('Item size has exceeded the maximum allowed size');
      const before = table.items.get(key);
      const answer = answerToWrite(input, before);
      table.items.set(key, item);
      for (const listener of listeners) listener(item, before);
      return answer;
    },
    Delete: async (input: WriteInput & { Key: Item }) => {
      checkFields(input, ['Key', ...WRITE_FIELDS]);
      const table = find(input.TableName);
      const key = keyOf(table, input.Key);
      const answer = answerToWrite(input, table.items.get(key));
      table.items.delete(key);
      return answer;
    },
    Query: async (input: QueryInput) => {
      checkFields(input, QUERY_FIELDS);
      return query(find(input.TableName), input);
    },
    BatchGet: async (input: { RequestItems: Record<string, BatchInput> }) => {
      const found = Object.entries(input.RequestItems).map(([name, wanted]) => [name, batch(find(name), wanted)]);
      return { Responses: Object.fromEntries(found), UnprocessedKeys: {} };
    },
  };
  return {
    service: { id: 'dynamodb', operations },
    createTable: async (input) => {
      const { name, ...table } = describeTable(input as CreateTableInput);
      tables.set(name, table);
    },
    onWrite: (listener) => void listeners.push(listener),
  };
}

const EXPRESSION_FIELDS = ['ExpressionAttributeNames', 'ExpressionAttributeValues'];
const WRITE_FIELDS = ['ConditionExpression', 'ReturnValues', ...EXPRESSION_FIELDS];
const QUERY_FIELDS = [
  ...['IndexName', 'KeyConditionExpression', 'FilterExpression', 'ExclusiveStartKey', 'Limit', 'ScanIndexForward'],
  ...['ConsistentRead', ...EXPRESSION_FIELDS],
];

/** A field that was ignored would be a faked success. @throws LocalUnsupported */
function checkFields(input: object, known: readonly string[]): void {
  const unknown = Object.keys(input).find((field) => field !== 'TableName' && !known.includes(field));
  if (unknown !== undefined) throw new LocalUnsupported('dynamodb', unknown);
}

interface WriteInput extends ExpressionInput {
  TableName: string;
  ConditionExpression?: string;
  ReturnValues?: string;
}

/** @throws AwsError ConditionalCheckFailedException */
function answerToWrite(input: WriteInput, before: Item | undefined): object {
  const { condition } = expressionsOf(input);
  if (!['NONE', 'ALL_OLD'].includes(input.ReturnValues ?? 'NONE')) refuse('ReturnValues can only be ALL_OLD or NONE');
  if (condition !== undefined && !condition(before ?? {}))
    throw new AwsError('ConditionalCheckFailedException', 'The conditional request failed');
  return input.ReturnValues === 'ALL_OLD' && before ? { Attributes: before } : {};
}

interface QueryInput extends ExpressionInput {
  TableName: string;
  IndexName?: string;
  ExclusiveStartKey?: Item;
  Limit?: number;
  ScanIndexForward?: boolean;
  ConsistentRead?: boolean;
}

function query(table: Table, input: QueryInput): object {
  const { IndexName, Limit = Number.POSITIVE_INFINITY } = input;
  if (Limit < 1) refuse('Limit must be at least 1');
  const index = table.indexes.find(({ name }) => name === IndexName);
  if (IndexName !== undefined && index === undefined) refuse(`The table does not have the index ${IndexName}`);
  if (index && input.ConsistentRead) refuse('Consistent reads are not supported on global secondary indexes');
  const { hash, range } = index ?? table;
  const expressions = expressionsOf(input);
  const hashValue = hashValueOf(expressions, { hash, range });
  const found = [...table.items.values()]
    .filter((item) => item[hash] === hashValue && (range === undefined || item[range] !== undefined))
    .filter((item) => expressions.keyCondition?.(item))
    .sort(byKeys([range, table.hash, table.range], input.ScanIndexForward ?? true));
  const keys = [...new Set([table.hash, table.range, hash, range].filter((name) => name !== undefined))];
  const rest =
    input.ExclusiveStartKey === undefined ? found : found.slice(after(found, input, [range, table.hash, table.range]));
  const shown = index?.isKeysOnly ? (item: Item) => pick(item, keys) : (item: Item) => item;
  const page: Item[] = [];
  for (let bytes = 0; page.length < Math.min(rest.length, Limit) && bytes < PAGE_BYTES; ) {
    const item = shown(rest[page.length] ?? {});
    bytes += sizeBytes(item);
    page.push(item);
  }
  const last = page.at(-1);
  // A page that is full ends with a key, whether or not there is more behind it.
  const isEnd = page.length === rest.length && page.length < Limit;
  const items = page.filter((item) => expressions.filter?.(item) ?? true);
  return {
    Items: items,
    Count: items.length,
    ScannedCount: page.length,
    ...(isEnd || last === undefined ? {} : { LastEvaluatedKey: pick(last, keys) }),
  };
}

/** @throws AwsError ValidationException unless one partition is asked for, and nothing else but its sort key. */
function hashValueOf({ keyConditions }: Expressions, { hash, range }: Keys): unknown {
  const condition = keyConditions?.[hash];
  if (condition?.ComparisonOperator !== 'EQ') return refuse(`Query condition missed key schema element: ${hash}`);
  const stranger = Object.keys(keyConditions ?? {}).find((name) => name !== hash && name !== range);
  if (stranger !== undefined) refuse(`Query condition missed key schema element: ${range ?? hash}`);
  return unmarshall({ value: condition.AttributeValueList[0] ?? { NULL: true } })['value'];
}

type Names = readonly (string | undefined)[];

/** In the order of the keys' bytes. */
const placeOf = (item: Item, names: Names) =>
  Buffer.from(names.map((name) => (name === undefined ? '' : String(item[name]))).join('\0'));

function byKeys(names: Names, isForward: boolean): (a: Item, b: Item) => number {
  const direction = isForward ? 1 : -1;
  return (a, b) => direction * Buffer.compare(placeOf(a, names), placeOf(b, names));
}

/** Where the page begins: what the key was of may be gone. */
function after(found: readonly Item[], { ExclusiveStartKey = {}, ScanIndexForward = true }: QueryInput, names: Names) {
  const compare = byKeys(names, ScanIndexForward);
  const at = found.findIndex((item) => compare(item, ExclusiveStartKey) > 0);
  return at === -1 ? found.length : at;
}

interface BatchInput extends ExpressionInput {
  Keys: Item[];
  ProjectionExpression?: string;
  ConsistentRead?: boolean;
}

function batch(table: Table, input: BatchInput): Item[] {
  checkFields(input, ['Keys', 'ProjectionExpression', 'ConsistentRead', ...EXPRESSION_FIELDS]);
  const keys = input.Keys.map((key) => keyOf(table, key));
  if (keys.length > BATCH_KEYS) refuse('Too many items requested for the BatchGetItem call');
  if (new Set(keys).size < keys.length) refuse('Provided list of item keys contains duplicates');
  const { projection } = expressionsOf(input);
  const items = keys.map((key) => table.items.get(key)).filter((item) => item !== undefined);
  return projection === undefined ? items : items.map((item) => pick(item, projection));
}
