import { createReadStream, createWriteStream, openSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { AwsError } from '../../service';
import { authorizeKey } from './authorize-call';
import { type CreationReason, emitCreated, emitDeleted, type S3Backend } from './backend';
import { asChecksumAlgorithm, type ChecksumAlgorithm, checksumMember } from './checksums';
import { checkCopySource, checkRead, checkWrite, noSuchKey } from './conditions';
import {
  type ByteRange,
  checksumHeaders,
  type ObjectHeaders,
  parseRange,
  partRange,
  quoted,
  readObjectHeaders,
  writeObjectHeaders,
} from './object-headers';
import type { Bucket, StoredObject } from './object-store';
import { receiveBody } from './receive-body';
import { decodePath, type S3Call, type S3Reply } from './s3-call';
import { buildXml } from './xml';

/** Keys are at most 1,024 bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;

export async function putObject(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const object = await writeObject(backend, call, call.body, {
    ...readObjectHeaders(call.headers),
    reason: 'PutObject',
  });
  return { headers: { etag: quoted(object.etag), ...checksumHeaders(object) } };
}

export async function copyObject(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const { bucket, object: source } = findCopySource(backend, call);
  const own = readObjectHeaders(call.headers);
  const replacesMetadata = call.headers['x-amz-metadata-directive'] === 'REPLACE';
  if (bucket.record.name === call.bucket && source.key === call.key && !replacesMetadata) {
    throw new AwsError(
      'InvalidRequest',
      'This copy request is illegal because it changes nothing of the object itself.',
    );
  }
  const { systemHeaders, metadata } = replacesMetadata ? own : source;
  const tags = call.headers['x-amz-tagging-directive'] === 'REPLACE' ? own.tags : source.tags;
  const algorithm =
    asChecksumAlgorithm(call.headers['x-amz-checksum-algorithm']?.toString()) ?? source.checksum?.algorithm;
  const bytes = openObject(bucket, source);
  const object = await writeObject(backend, { ...call, headers: conditionsOf(call) }, bytes, {
    systemHeaders,
    metadata,
    tags,
    reason: 'CopyObject',
    algorithm,
  }).finally(() => bytes.destroy());
  return {
    headers: { 'content-type': 'application/xml' },
    body: buildXml('CopyObjectResult', {
      ETag: quoted(object.etag),
      LastModified: new Date(object.lastModifiedMs).toISOString(),
      ...(object.checksum && {
        ChecksumType: object.checksum.type,
        [checksumMember(object.checksum.algorithm)]: object.checksum.value,
      }),
    }),
  };
}

export async function getObject(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const bucket = backend.store.bucket(call.bucket);
  const object = findObject(bucket, call.key);
  const wantsBytes = call.operation === 'GetObject';
  const headers = { ...writeObjectHeaders(object), ...responseOverrides(call.query) };
  if (checkRead(call.headers, object) === 'not-modified') {
    return {
      statusCode: 304,
      headers: { etag: headers['etag'] ?? '', 'last-modified': headers['last-modified'] ?? '' },
    };
  }
  const partNumber = call.query.get('partNumber');
  const range = partNumber ? partRange(object, Number(partNumber)) : parseRange(call.headers.range, object.sizeBytes);
  if (partNumber && object.partSizesBytes) headers['x-amz-mp-parts-count'] = String(object.partSizesBytes.length);
  const isWhole = !range || (range.startByte === 0 && range.endByte === object.sizeBytes - 1);
  if (isWhole && call.headers['x-amz-checksum-mode'] === 'ENABLED') Object.assign(headers, checksumHeaders(object));
  headers['content-length'] = String(range ? range.endByte - range.startByte + 1 : object.sizeBytes);
  if (range) headers['content-range'] = `bytes ${range.startByte}-${range.endByte}/${object.sizeBytes}`;
  const reply: S3Reply = { statusCode: range ? 206 : 200, headers };
  return wantsBytes ? { ...reply, body: openObject(bucket, object, range) } : reply;
}

export async function deleteObject(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const bucket = backend.store.bucket(call.bucket);
  if (call.headers['if-match'] !== undefined) checkWrite(call.headers, bucket.objects.get(call.key), call.key);
  removeObject(backend, bucket, call.key, call);
  return { statusCode: 204 };
}

export function removeObject(backend: S3Backend, bucket: Bucket, key: string, call: S3Call): void {
  if (!bucket.objects.has(key)) return;
  bucket.delete(key);
  const { requestId, caller } = call.context;
  emitDeleted(backend, bucket, key, { requestId, requester: caller.accountId });
}

/** @throws AwsError NoSuchKey. */
export function findObject(bucket: Bucket, key: string): StoredObject {
  const object = bucket.objects.get(key);
  if (!object) throw noSuchKey(key);
  return object;
}

/** @throws AwsError NoSuchBucket, NoSuchKey, AccessDenied, PreconditionFailed, InvalidArgument. */
export function findCopySource(backend: S3Backend, call: S3Call): { bucket: Bucket; object: StoredObject } {
  const source = decodePath(call.headers['x-amz-copy-source']?.toString().replace(/\?versionId=.*$/, '') ?? '');
  const match = /^\/?([^/]+)\/(.+)$/s.exec(source);
  if (!match) throw new AwsError('InvalidArgument', 'x-amz-copy-source names no object.');
  const bucket = backend.store.bucket(match[1] ?? '');
  const Key = match[2] ?? '';
  authorizeKey(backend.authorize, call, 'GetObject', { Bucket: bucket.record.name, Key });
  const object = findObject(bucket, Key);
  checkCopySource(call.headers, object);
  return { bucket, object };
}

/** Opened at once: an overwrite in the next moment removes the file's name, but not what is being read. */
export function openObject(bucket: Bucket, object: StoredObject, range?: ByteRange): Readable {
  if (object.sizeBytes === 0) return Readable.from([]);
  const path = bucket.dataPath(object);
  const fd = openSync(path, 'r');
  return createReadStream(path, range ? { fd, start: range.startByte, end: range.endByte } : { fd });
}

interface NewObject extends ObjectHeaders {
  reason: CreationReason;
  algorithm?: ChecksumAlgorithm | undefined;
}

async function writeObject(backend: S3Backend, call: S3Call, bytes: Readable, made: NewObject): Promise<StoredObject> {
  const bucket = backend.store.bucket(call.bucket);
  if (Buffer.byteLength(call.key) > MAX_KEY_BYTES) throw new AwsError('KeyTooLongError', 'Your key is too long');
  checkWrite(call.headers, bucket.objects.get(call.key), call.key);
  const { dataFile, path } = bucket.newDataFile(call.key, backend.newId());
  try {
    const { headers } = call;
    const body = await receiveBody({
      source: bytes,
      sink: createWriteStream(path),
      headers,
      algorithm: made.algorithm,
    });
    const { systemHeaders, metadata, tags } = made;
    const object: StoredObject = {
      key: call.key,
      sizeBytes: body.sizeBytes,
      etag: body.md5.toString('hex'),
      lastModifiedMs: backend.clock.now(),
      dataFile,
      systemHeaders,
      metadata,
      tags,
      ...(body.checksum && { checksum: { ...body.checksum, type: 'FULL_OBJECT' } }),
    };
    // Once more: another writer may have come first while the bytes streamed in.
    checkWrite(headers, bucket.objects.get(call.key), call.key);
    bucket.commit(object);
    const { requestId, caller } = call.context;
    emitCreated(backend, bucket, object, { requestId, reason: made.reason, requester: caller.accountId });
    return object;
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

/** A copy has no body of its own, so of its headers only the conditions concern the writing. */
function conditionsOf(call: S3Call): S3Call['headers'] {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = call.headers;
  return { ...(ifMatch && { 'if-match': ifMatch }), ...(ifNoneMatch && { 'if-none-match': ifNoneMatch }) };
}

function responseOverrides(query: URLSearchParams): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const [name, value] of query) {
    if (/^response-(content-|cache-control|expires)/.test(name)) overrides[name.slice('response-'.length)] = value;
  }
  return overrides;
}
