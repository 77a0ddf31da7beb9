import type { NormalizedSchema } from '@smithy/core/schema';
import { parseTimestamp, type WireFormat } from './shape-decoder';

/** Structures as JSON text carries them. `useJsonName` is for rest-json; the RPC protocols ignore that trait. */
export function jsonFormat(useJsonName: boolean): WireFormat {
  return {
    fields: asRecord,
    memberName: (schema, name) => (useJsonName ? schema.getMergedTraits().jsonName : undefined) ?? name,
    items: (_schema, value) => (Array.isArray(value) ? value : undefined),
    entries: (_schema, value) => {
      const record = asRecord(value);
      return record && Object.entries(record);
    },
    scalar: jsonScalar,
  };
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function jsonScalar(schema: NormalizedSchema, value: unknown): unknown {
  if (schema.isTimestampSchema()) return parseTimestamp(value);
  if (schema.isBlobSchema())
    return typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : undefined;
  if (schema.isBooleanSchema()) return typeof value === 'boolean' ? value : undefined;
  if (schema.isStringSchema()) return typeof value === 'string' ? value : undefined;
  if (typeof value === 'number') return value;
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : undefined;
}
