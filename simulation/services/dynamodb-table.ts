/** A table of the double, and the keys of its items. */
import { AwsError, LocalUnsupported } from '../../local/service';
import type { Item } from './dynamodb-item';

export interface Keys {
  hash: string;
  range: string | undefined;
}

interface Index extends Keys {
  name: string;
  isKeysOnly: boolean;
}

export interface Table extends Keys {
  indexes: readonly Index[];
  items: Map<string, Item>;
}

export interface CreateTableInput {
  TableName: string;
  KeySchema: { AttributeName: string; KeyType: string }[];
  AttributeDefinitions: { AttributeName: string; AttributeType: string }[];
  GlobalSecondaryIndexes?: {
    IndexName: string;
    KeySchema: CreateTableInput['KeySchema'];
    Projection: { ProjectionType: string };
  }[];
}

const refuse = (message: string): never => {
  throw new AwsError('ValidationException', message);
};

/** @throws LocalUnsupported for keys that are no text, and projections of some attributes. */
export function describeTable(input: CreateTableInput): Table & { name: string } {
  if (input.AttributeDefinitions.some(({ AttributeType }) => AttributeType !== 'S'))
    throw new LocalUnsupported('dynamodb', 'keys other than texts');
  const indexes = (input.GlobalSecondaryIndexes ?? []).map(({ IndexName, KeySchema, Projection }) => {
    if (!['KEYS_ONLY', 'ALL'].includes(Projection.ProjectionType))
      throw new LocalUnsupported('dynamodb', 'projections');
    return { name: IndexName, ...keysOf(KeySchema), isKeysOnly: Projection.ProjectionType === 'KEYS_ONLY' };
  });
  return { name: input.TableName, ...keysOf(input.KeySchema), indexes, items: new Map() };
}

function keysOf(schema: CreateTableInput['KeySchema']): Keys {
  const named = (type: string) => schema.find(({ KeyType }) => KeyType === type)?.AttributeName;
  return { hash: named('HASH') ?? refuse('A table needs a hash key'), range: named('RANGE') };
}

/** Of a whole key and nothing else. @throws AwsError ValidationException */
export function keyOf(table: Table, key: Item): string {
  const names = namesOf(table);
  if (Object.keys(key).length !== names.length || names.some((name) => typeof key[name] !== 'string'))
    refuse('The provided key element does not match the schema');
  if (names.some((name) => key[name] === '')) refuse('A key cannot be an empty text');
  return names.map((name) => String(key[name])).join('\0');
}

/** The key in an item. @throws AwsError ValidationException, also for what an index could not take. */
export function keysIn(table: Table, item: Item): Item {
  for (const { hash, range, name } of table.indexes) {
    const isWrong = [hash, range].some(
      (key) => key && key in item && (typeof item[key] !== 'string' || item[key] === ''),
    );
    if (isWrong) refuse(`The value of a key of the index ${name} is no text, or empty`);
  }
  return Object.fromEntries(
    namesOf(table).map((name) => [name, item[name] ?? refuse(`Missing the key ${name} in the item`)]),
  );
}

const namesOf = ({ hash, range }: Keys) => (range === undefined ? [hash] : [hash, range]);
