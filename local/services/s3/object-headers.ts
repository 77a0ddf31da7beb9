import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../../service';
import { checksumHeader } from './checksums';
import type { StoredObject } from './object-store';

/** Kept with an object and given back with it. */
const SYSTEM_HEADERS = [
  'content-type',
  'content-encoding',
  'content-language',
  'content-disposition',
  'cache-control',
  'expires',
  'x-amz-storage-class',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
];
const META_PREFIX = 'x-amz-meta-';

export type ObjectHeaders = Pick<StoredObject, 'systemHeaders' | 'metadata' | 'tags'>;

export function readObjectHeaders(headers: IncomingHttpHeaders): ObjectHeaders {
  const systemHeaders: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const name of SYSTEM_HEADERS) {
    const value = headers[name]?.toString();
    // aws-chunked is how the body travelled, not how the object is encoded.
    const kept = name === 'content-encoding' ? value?.replace(/,?\s*aws-chunked\s*,?/, '') : value;
    if (kept) systemHeaders[name] = kept;
  }
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(META_PREFIX) && value !== undefined) metadata[name.slice(META_PREFIX.length)] = String(value);
  }
  return {
    systemHeaders,
    metadata,
    tags: Object.fromEntries(new URLSearchParams(headers['x-amz-tagging']?.toString())),
  };
}

/** What GetObject and HeadObject tell of an object besides its bytes. */
export function writeObjectHeaders(object: StoredObject): Record<string, string> {
  const headers: Record<string, string> = {
    ...object.systemHeaders,
    etag: quoted(object.etag),
    'last-modified': new Date(object.lastModifiedMs).toUTCString(),
    'accept-ranges': 'bytes',
  };
  for (const [name, value] of Object.entries(object.metadata)) headers[META_PREFIX + name] = value;
  const tagCount = Object.keys(object.tags).length;
  if (tagCount > 0) headers['x-amz-tagging-count'] = String(tagCount);
  return headers;
}

export function checksumHeaders(object: StoredObject): Record<string, string> {
  if (!object.checksum) return {};
  const { algorithm, value, type } = object.checksum;
  return { [checksumHeader(algorithm)]: value, 'x-amz-checksum-type': type };
}

export function quoted(etag: string): string {
  return `"${etag}"`;
}

export interface ByteRange {
  startByte: number;
  /** Inclusive. */
  endByte: number;
}

/** Undefined for the whole object: no Range header, or one that S3 ignores (several ranges, other units). @throws AwsError InvalidRange. */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const [, first, last] = match;
  const startByte = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const endByte = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (startByte > endByte || startByte >= sizeBytes) {
    throw new AwsError('InvalidRange', 'The requested range is not satisfiable', {
      statusCode: 416,
      details: { RangeRequested: header, ActualObjectSize: sizeBytes },
    });
  }
  return { startByte, endByte };
}

/** Where part `number` of a multipart object lies; a plain object is its own first part. @throws AwsError InvalidPartNumber. */
export function partRange(object: StoredObject, number: number): ByteRange {
  const sizes = object.partSizesBytes ?? [object.sizeBytes];
  const size = sizes[number - 1];
  if (size === undefined) {
    throw new AwsError('InvalidPartNumber', 'The requested partnumber is not satisfiable', { statusCode: 416 });
  }
  const startByte = sizes.slice(0, number - 1).reduce((sum, bytes) => sum + bytes, 0);
  return { startByte, endByte: startByte + size - 1 };
}
