import type { NormalizedSchema } from '@smithy/core/schema';
import { parseTimestamp, type WireFormat } from './shape-decoder';

/** `Tag.1.Key=a&Tag.1.Value=b` as a tree: { Tag: { 1: { Key: 'a', Value: 'b' } } }. */
export interface QueryTree {
  [name: string]: QueryTree | string;
}

export function parseQuery(parameters: URLSearchParams): QueryTree {
  const tree: QueryTree = Object.create(null);
  for (const [key, value] of parameters) {
    const names = key.split('.');
    const last = names.pop() ?? '';
    let node = tree;
    for (const name of names) {
      const child = node[name];
      if (typeof child === 'object') node = child;
      else {
        const created: QueryTree = Object.create(null);
        node[name] = created;
        node = created;
      }
    }
    node[last] = value;
  }
  return tree;
}

/** EC2 has rules of its own: capitalised names, and every list flattened. https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html */
export function queryFormat(isEc2: boolean): WireFormat {
  return {
    fields: asTree,
    memberName(schema, name) {
      const traits = schema.getMergedTraits();
      const key = traits.xmlName ?? name;
      if (!isEc2) return key;
      const ec2Name = traits['ec2QueryName'] as string | undefined;
      return ec2Name ?? key.charAt(0).toUpperCase() + key.slice(1);
    },
    items(schema, value) {
      if (value === '') return [];
      const isFlat = isEc2 || Boolean(schema.getMergedTraits().xmlFlattened);
      return numbered(isFlat ? value : asTree(value)?.[schema.getValueSchema().getMergedTraits().xmlName ?? 'member']);
    },
    entries(schema, value) {
      if (value === '') return [];
      const isFlat = Boolean(schema.getMergedTraits().xmlFlattened);
      const keyName = schema.getKeySchema().getMergedTraits().xmlName ?? 'key';
      const valueName = schema.getValueSchema().getMergedTraits().xmlName ?? 'value';
      const entries = numbered(isFlat ? value : asTree(value)?.['entry']);
      return entries?.map((entry) => [String(asTree(entry)?.[keyName] ?? ''), asTree(entry)?.[valueName]] as const);
    },
    scalar: queryScalar,
  };
}

function asTree(value: unknown): QueryTree | undefined {
  return typeof value === 'object' && value !== null ? (value as QueryTree) : undefined;
}

function numbered(value: unknown): unknown[] | undefined {
  const tree = asTree(value);
  if (!tree) return undefined;
  const keys = Object.keys(tree);
  if (!keys.every((key) => /^\d+$/.test(key))) return undefined;
  return keys.sort((a, b) => Number(a) - Number(b)).map((key) => tree[key]);
}

function queryScalar(schema: NormalizedSchema, value: unknown): unknown {
  if (typeof value !== 'string') return undefined;
  if (schema.isTimestampSchema()) return parseTimestamp(value);
  if (schema.isBlobSchema()) return new Uint8Array(Buffer.from(value, 'base64'));
  if (schema.isStringSchema()) return value;
  if (schema.isBooleanSchema()) return value === 'true' ? true : value === 'false' ? false : undefined;
  return value !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined;
}
