/** Items of DynamoDB as plain values. */
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';

export type Item = Readonly<Record<string, unknown>>;

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
export const ITEM_BYTES = 400 * 1024;

/** As the document client writes an item: of its own members it leaves out those that are undefined. */
export function frozenItem(item: Item): Item {
  const members = Object.entries(item).filter(([, value]) => value !== undefined);
  return Object.freeze(Object.fromEntries(members.map(([name, value]) => [name, frozenCopy(value)])));
}

/** What was written before and nobody can change, and its size once it was asked for: most of a record is as it was. */
const written = new WeakMap<object, number | undefined>();

function freeze(value: object): object {
  written.set(value, undefined);
  return Object.freeze(value);
}

/** As a value that went through DynamoDB comes back; what it cannot carry is an error, as with the document client. */
function frozenCopy(value: unknown): unknown {
  if (value === undefined) throw new Error('Pass options.removeUndefinedValues=true to remove undefined values.');
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new Error(`Special numeric value ${value} is not allowed`);
  if (typeof value !== 'object' || value === null || written.has(value)) return value;
  if (value instanceof Set || value instanceof Uint8Array) return unmarshall(marshall({ value }))['value'];
  if (Array.isArray(value)) return freeze(value.map(frozenCopy));
  const copy: Record<string, unknown> = {};
  for (const key in value) copy[key] = frozenCopy((value as Record<string, unknown>)[key]);
  return freeze(copy);
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
export function sizeBytes(item: Item): number {
  let sum = 0;
  for (const name in item) sum += Buffer.byteLength(name) + valueBytes(item[name]);
  return sum;
}

const CONTAINER_BYTES = 3;

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return 1 + Math.ceil(String(value).replace(/\D/g, '').length / 2);
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof Set) return [...value].reduce<number>((sum, each) => sum + valueBytes(each), 0);
  if (typeof value !== 'object' || value === null) return 1;
  const known = written.get(value);
  if (known !== undefined) return known;
  const bytes = containerBytes(value);
  if (written.has(value)) written.set(value, bytes);
  return bytes;
}

function containerBytes(value: object): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + 1 + valueBytes(each), CONTAINER_BYTES);
  return CONTAINER_BYTES + Object.keys(value).length + sizeBytes(value as Item);
}
