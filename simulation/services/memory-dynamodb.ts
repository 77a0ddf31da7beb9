/**
 * DynamoDB in memory, at the level of the document client's commands: items are plain values. Expressions are parsed and
 * judged by dynalite, which the local cloud's table runs on. Items are handed out frozen instead of copied: who changed
 * one would fail at once.
 */
import { createRequire } from 'node:module';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { AwsError, LocalUnsupported, type Operation, type Service } from '../../local/service';
import { applyUpdate, type UpdateSection } from './update-expression';

type Item = Readonly<Record<string, unknown>>;

interface Index {
  name: string;
  hash: string;
  range: string | undefined;
  isKeysOnly: boolean;
}

interface Table {
  hash: string;
  range: string | undefined;
  indexes: Index[];
  items: Map<string, Item>;
}

interface ExpressionInput {
  TableName: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, unknown>;
}

interface Parsed {
  expression?: unknown;
  sections?: UpdateSection[];
  pathHeads?: Record<string, true>;
}

const require = createRequire(__filename);
interface Parser {
  parse(text: string, options: { context: object }): Parsed | string;
}
const conditionParser = require('dynalite/db/conditionParser') as Parser;
const updateParser = require('dynalite/db/updateParser') as Parser;
const { matchesExprFilter } = require('dynalite/db') as {
  matchesExprFilter(item: object, expression: unknown): boolean;
};

export interface MemoryDynamodb {
  service: Service;
  createTable(input: object): Promise<void>;
  /** Told of every item that is written. */
  onWrite(listener: (item: Item, before: Item | undefined) => void): void;
}

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
  const write = (table: Table, key: string, item: Item, before: Item | undefined) => {
    table.items.set(key, item);
    for (const listener of listeners) listener(item, before);
  };
  const operations: Record<string, Operation> = {
    Get: async ({ TableName, Key }: { TableName: string; Key: Item }) => {
      const table = find(TableName);
      const item = table.items.get(keyOf(table, Key));
      return item ? { Item: item } : {};
    },
    Put: async (input: ConditionInput & { Item: Item }) => {
      const table = find(input.TableName);
      const item = frozenCopy(input.Item) as Item;
      const key = keyOf(table, item);
      const before = table.items.get(key);
      check(input, before);
      write(table, key, item, before);
      return input.ReturnValues === 'ALL_OLD' && before ? { Attributes: before } : {};
    },
    Delete: async (input: ConditionInput & { Key: Item }) => {
      const table = find(input.TableName);
      const key = keyOf(table, input.Key);
      const before = table.items.get(key);
      check(input, before);
      table.items.delete(key);
      return input.ReturnValues === 'ALL_OLD' && before ? { Attributes: before } : {};
    },
    Update: async (input: ConditionInput & { Key: Item; UpdateExpression?: string }) => {
      const table = find(input.TableName);
      const key = keyOf(table, input.Key);
      const before = table.items.get(key);
      check(input, before);
      const { sections = [] } = input.UpdateExpression
        ? parse(updateParser, input.UpdateExpression, input)
        : { sections: [] };
      const item = frozenCopy(applyUpdate({ ...input.Key, ...before }, sections)) as Item;
      write(table, key, item, before);
      return returned(input.ReturnValues, before, item);
    },
    Query: async (input: QueryInput) => query(find(input.TableName), input),
    Scan: async (input: QueryInput) => query(find(input.TableName), input),
  };
  return {
    service: { id: 'dynamodb', operations },
    createTable: async (input) => {
      const { TableName, ...table } = describe(input as CreateTableInput);
      tables.set(TableName, table);
    },
    onWrite: (listener) => void listeners.push(listener),
  };
}

interface ConditionInput extends ExpressionInput {
  ConditionExpression?: string;
  ReturnValues?: string;
  ReturnValuesOnConditionCheckFailure?: string;
}

/** @throws AwsError ConditionalCheckFailedException */
function check(input: ConditionInput, before: Item | undefined): void {
  if (input.ConditionExpression === undefined) return;
  if (matcher(input.ConditionExpression, input)(before ?? {})) return;
  throw new AwsError('ConditionalCheckFailedException', 'The conditional request failed', {
    details: input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && before ? { Item: before } : {},
  });
}

/** Whether an item fulfils the expression. */
function matcher(expression: string, input: ExpressionInput): (item: Item) => boolean {
  const { expression: parsed, pathHeads = {} } = parse(conditionParser, expression, input);
  const names = Object.keys(pathHeads);
  return (item) => matchesExprFilter(marshall(pick(item, names), { removeUndefinedValues: true }), parsed);
}

function parse(parser: Parser, text: string, input: ExpressionInput): Parsed {
  const context = {
    isReserved: () => false,
    errors: {},
    unusedAttrNames: {},
    unusedAttrVals: {},
    attrNames: input.ExpressionAttributeNames ?? {},
    attrVals: marshall(input.ExpressionAttributeValues ?? {}),
    literalAttrVals: {},
  };
  const parsed = parser.parse(text, { context });
  return typeof parsed === 'string' ? refuse(parsed) : parsed;
}

function returned(wanted: string | undefined, before: Item | undefined, after: Item): object {
  switch (wanted) {
    case undefined:
    case 'NONE':
      return {};
    case 'ALL_NEW':
      return { Attributes: after };
    case 'ALL_OLD':
      return before ? { Attributes: before } : {};
    default:
      throw new LocalUnsupported('dynamodb', `ReturnValues ${wanted}`);
  }
}

interface QueryInput extends ExpressionInput {
  IndexName?: string;
  KeyConditionExpression?: string;
  FilterExpression?: string;
  ExclusiveStartKey?: Item;
  Limit?: number;
  ScanIndexForward?: boolean;
}

const all = () => true;

function query(table: Table, input: QueryInput): object {
  const index = input.IndexName === undefined ? undefined : table.indexes.find(({ name }) => name === input.IndexName);
  if (input.IndexName !== undefined && index === undefined)
    refuse(`The table does not have the index ${input.IndexName}`);
  const { hash, range } = index ?? table;
  const keys = [...new Set([table.hash, table.range, hash, range].filter((name) => name !== undefined))];
  const meets = input.KeyConditionExpression === undefined ? all : matcher(input.KeyConditionExpression, input);
  const passes = input.FilterExpression === undefined ? all : matcher(input.FilterExpression, input);
  const order = (item: Item) => [range, table.hash, table.range].map((name) => String(name && item[name])).join('\0');
  const direction = input.ScanIndexForward === false ? -1 : 1;
  const found = [...table.items.values()]
    .filter((item) => item[hash] !== undefined && (range === undefined || item[range] !== undefined))
    .filter(meets)
    .sort((a, b) => (order(a) < order(b) ? -direction : direction));
  const from = input.ExclusiveStartKey === undefined ? 0 : after(found, input.ExclusiveStartKey, order, direction);
  const page = found.slice(from, input.Limit === undefined ? undefined : from + input.Limit);
  const last = page.at(-1);
  const isMore = last !== undefined && from + page.length < found.length;
  const items = page.filter(passes).map((item) => (index?.isKeysOnly ? pick(item, keys) : item));
  return { Items: items, Count: items.length, ...(isMore ? { LastEvaluatedKey: pick(last, keys) } : {}) };
}

function after(found: readonly Item[], key: Item, order: (item: Item) => string, direction: number): number {
  const at = found.findIndex((item) => (direction === 1 ? order(item) > order(key) : order(item) < order(key)));
  return at === -1 ? found.length : at;
}

const pick = (item: Item, names: readonly string[]): Item =>
  Object.fromEntries(names.flatMap((name) => (name in item ? [[name, item[name]]] : [])));

function keyOf({ hash, range }: Table, item: Item): string {
  return `${String(item[hash])}\0${range === undefined ? '' : String(item[range])}`;
}

interface CreateTableInput {
  TableName: string;
  KeySchema: { AttributeName: string; KeyType: string }[];
  GlobalSecondaryIndexes?: {
    IndexName: string;
    KeySchema: CreateTableInput['KeySchema'];
    Projection: { ProjectionType: string };
  }[];
}

function describe({
  TableName,
  KeySchema,
  GlobalSecondaryIndexes = [],
}: CreateTableInput): Table & { TableName: string } {
  const indexes = GlobalSecondaryIndexes.map(({ IndexName: name, KeySchema: keys, Projection }) => {
    if (!['KEYS_ONLY', 'ALL'].includes(Projection.ProjectionType))
      throw new LocalUnsupported('dynamodb', 'projections');
    return { name, ...keysOf(keys), isKeysOnly: Projection.ProjectionType === 'KEYS_ONLY' };
  });
  return { TableName, ...keysOf(KeySchema), indexes, items: new Map() };
}

function keysOf(schema: CreateTableInput['KeySchema']): { hash: string; range: string | undefined } {
  const named = (type: string) => schema.find(({ KeyType }) => KeyType === type)?.AttributeName;
  return { hash: named('HASH') ?? refuse('A table needs a hash key'), range: named('RANGE') };
}

/** As a value that went through DynamoDB comes back; what it cannot carry is an error, as with the document client. */
function frozenCopy(value: unknown): unknown {
  if (value === undefined) throw new Error('Pass options.removeUndefinedValues=true to remove undefined values.');
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new Error(`Special numeric value ${value} is not allowed`);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Set || value instanceof Uint8Array) return unmarshall(marshall({ value }))['value'];
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy));
  const copy: Record<string, unknown> = {};
  for (const key in value) copy[key] = frozenCopy((value as Record<string, unknown>)[key]);
  return Object.freeze(copy);
}
