import { AwsError } from '../../service';
import type { S3Backend } from './backend';
import { quoted } from './object-headers';
import type { Bucket } from './object-store';
import type { S3Call, S3Reply } from './s3-call';
import type { Listing } from './sorted-keys';
import { buildXml } from './xml';

const MAX_KEYS = 1000;

export async function listObjectsV2(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const token = call.query.get('continuation-token');
  const startAfter = call.query.get('start-after');
  const after = token ? decodeToken(token) : (startAfter ?? '');
  return list(backend, call, after, ({ next, keys, commonPrefixes }, encode) => ({
    KeyCount: keys.length + commonPrefixes.length,
    ...(startAfter !== null && { StartAfter: encode(startAfter) }),
    ...(token !== null && { ContinuationToken: token }),
    ...(next !== undefined && { NextContinuationToken: Buffer.from(next).toString('base64url') }),
  }));
}

export async function listObjects(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const marker = call.query.get('marker') ?? '';
  return list(backend, call, marker, ({ next }, encode) => ({
    Marker: encode(marker),
    ...(next !== undefined && { NextMarker: encode(next) }),
  }));
}

type Encode = (text: string) => string;

function list(
  backend: S3Backend,
  call: S3Call,
  after: string,
  paging: (listing: Listing, encode: Encode) => object,
): S3Reply {
  const bucket = backend.store.bucket(call.bucket);
  const prefix = call.query.get('prefix') ?? '';
  const delimiter = call.query.get('delimiter') ?? '';
  const maxKeys = parseMaxKeys(call.query.get('max-keys'));
  const encodingType = call.query.get('encoding-type');
  const encode: Encode = encodingType === 'url' ? encodeKey : (text) => text;
  const listing = bucket.keys.list({ prefix, delimiter, after, maxKeys });
  return {
    headers: { 'content-type': 'application/xml', 'x-amz-bucket-region': backend.region },
    body: buildXml('ListBucketResult', {
      Name: call.bucket,
      Prefix: encode(prefix),
      ...(delimiter && { Delimiter: encode(delimiter) }),
      MaxKeys: maxKeys,
      ...(encodingType && { EncodingType: encodingType }),
      IsTruncated: listing.next !== undefined,
      ...paging(listing, encode),
      Contents: listing.keys.map((key) => describe(bucket, key, encode)),
      CommonPrefixes: listing.commonPrefixes.map((common) => ({ Prefix: encode(common) })),
    }),
  };
}

function describe(bucket: Bucket, key: string, encode: Encode): object {
  const object = bucket.objects.get(key);
  if (!object) return {};
  return {
    Key: encode(key),
    LastModified: new Date(object.lastModifiedMs).toISOString(),
    ETag: quoted(object.etag),
    ...(object.checksum && { ChecksumAlgorithm: object.checksum.algorithm, ChecksumType: object.checksum.type }),
    Size: object.sizeBytes,
    StorageClass: object.systemHeaders['x-amz-storage-class'] ?? 'STANDARD',
  };
}

/** Some characters of keys cannot stand in XML; clients ask for this encoding and undo it. */
function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/');
}

function decodeToken(token: string): string {
  const after = Buffer.from(token, 'base64url').toString('utf8');
  if (after === '') throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect');
  return after;
}

function parseMaxKeys(text: string | null): number {
  const maxKeys = text === null ? MAX_KEYS : Number(text);
  if (!Number.isInteger(maxKeys) || maxKeys < 0) {
    throw new AwsError('InvalidArgument', 'Provided max-keys not an integer or within integer range');
  }
  return Math.min(maxKeys, MAX_KEYS);
}
