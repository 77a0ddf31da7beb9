/**
 * Turns a request as it came over the wire into the SDK's shape of it, led by the SDK's schema. The SDK has encoders
 * for requests and decoders for answers, but not the reverse, and its decoders skip what they do not know; here an
 * unknown field is an error, because a field that the local cloud silently ignores would be a faked success.
 */
import type { NormalizedSchema } from '@smithy/core/schema';
import { AwsError } from '../../service';

/** How one wire protocol writes structures, lists and maps. Values between are opaque to the decoder. */
export interface WireFormat {
  /** A structure's fields by their names on the wire; undefined when the value is no structure. */
  fields(value: unknown): Readonly<Record<string, unknown>> | undefined;
  memberName(schema: NormalizedSchema, name: string): string;
  items(schema: NormalizedSchema, value: unknown): readonly unknown[] | undefined;
  entries(schema: NormalizedSchema, value: unknown): readonly (readonly [string, unknown])[] | undefined;
  scalar(schema: NormalizedSchema, value: unknown): unknown;
}

/** @throws AwsError SerializationException for a value of the wrong kind or a field that the shape does not have. */
export function decodeShape(schema: NormalizedSchema, value: unknown, wire: WireFormat, path = ''): unknown {
  if (value === null || value === undefined) return undefined;
  if (schema.isUnitSchema()) return {};
  if (schema.isDocumentSchema()) return value;
  if (schema.isStructSchema()) return decodeStructure(schema, value, wire, path);
  if (schema.isListSchema()) {
    const items = wire.items(schema, value) ?? refuse(path, 'a list');
    const itemSchema = schema.getValueSchema();
    return items.map((item, index) => decodeShape(itemSchema, item, wire, `${path}[${index}]`));
  }
  if (schema.isMapSchema()) {
    const entries = wire.entries(schema, value) ?? refuse(path, 'a map');
    const valueSchema = schema.getValueSchema();
    return Object.fromEntries(
      entries.map(([key, entry]) => [key, decodeShape(valueSchema, entry, wire, `${path}.${key}`)]),
    );
  }
  const scalar = wire.scalar(schema, value);
  return scalar === undefined ? refuse(path, kindOf(schema)) : scalar;
}

function decodeStructure(schema: NormalizedSchema, value: unknown, wire: WireFormat, path: string): object {
  const fields = wire.fields(value) ?? refuse(path, 'a structure');
  const unknown = new Set(Object.keys(fields));
  const decoded: Record<string, unknown> = {};
  for (const [name, member] of schema.structIterator()) {
    const wireName = wire.memberName(member, name);
    if (!unknown.delete(wireName)) continue;
    const decodedMember = decodeShape(member, fields[wireName], wire, path ? `${path}.${name}` : name);
    if (decodedMember !== undefined) decoded[name] = decodedMember;
  }
  if (unknown.size > 0) {
    const names = [...unknown].map((name) => (path ? `${path}.${name}` : name)).join(', ');
    throw new AwsError('UnknownParameter', `Unknown parameter in the request: ${names} (of ${schema.getName()}).`);
  }
  return decoded;
}

function refuse(path: string, expected: string): never {
  throw new AwsError('SerializationException', `${path || 'The request'} is not ${expected}.`);
}

function kindOf(schema: NormalizedSchema): string {
  if (schema.isTimestampSchema()) return 'a timestamp';
  if (schema.isBlobSchema()) return 'base64';
  if (schema.isBooleanSchema()) return 'a boolean';
  return schema.isStringSchema() ? 'a string' : 'a number';
}

/** The date in either form that AWS's protocols know: seconds since the epoch or ISO 8601 / HTTP date. */
export function parseTimestamp(value: unknown): Date | undefined {
  const isSeconds = typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));
  const date = isSeconds ? new Date(Number(value) * 1000) : typeof value === 'string' ? new Date(value) : undefined;
  return date && !Number.isNaN(date.getTime()) ? date : undefined;
}
