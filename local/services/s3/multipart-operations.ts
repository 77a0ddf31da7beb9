import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { AwsError } from '../../service';
import { emitCreated, type S3Backend } from './backend';
import {
  asChecksumAlgorithm,
  type ChecksumAlgorithm,
  checksumHeader,
  checksumMember,
  compositeChecksum,
  createHasher,
  type StoredChecksum,
} from './checksums';
import { checkWrite } from './conditions';
import { checksumMembers } from './multipart-listing';
import type { Upload, UploadPart } from './multipart-store';
import { parseRange, quoted, readObjectHeaders } from './object-headers';
import { findCopySource, openObject } from './object-operations';
import type { StoredObject } from './object-store';
import { readText } from './read-text';
import { receiveBody } from './receive-body';
import type { S3Call, S3Reply } from './s3-call';
import { buildXml, parseXml } from './xml';

const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_PART_NUMBER = 10_000;
const XML_HEADERS = { 'content-type': 'application/xml' };

export async function createMultipartUpload(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const algorithm = asChecksumAlgorithm(call.headers['x-amz-checksum-algorithm']?.toString());
  const askedType = call.headers['x-amz-checksum-type']?.toString();
  const type = askedType === 'FULL_OBJECT' || algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE';
  if (type === 'FULL_OBJECT' && (algorithm === 'SHA1' || algorithm === 'SHA256')) {
    throw new AwsError('InvalidRequest', `The FULL_OBJECT checksum type cannot be used with ${algorithm}.`);
  }
  const { record } = backend.uploads.start(backend.store.bucket(call.bucket), {
    id: backend.newId().replace(/[^\w-]/g, '_'),
    key: call.key,
    startedMs: backend.clock.now(),
    ...readObjectHeaders(call.headers),
    ...(algorithm && { checksum: { algorithm, type } }),
  });
  return {
    headers: {
      ...XML_HEADERS,
      ...(algorithm && { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type }),
    },
    body: buildXml('InitiateMultipartUploadResult', { Bucket: call.bucket, Key: call.key, UploadId: record.id }),
  };
}

export async function uploadPart(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const part = await receivePart(backend, call, call.body, call.headers);
  const { checksum } = part;
  return {
    headers: { etag: quoted(part.etag), ...(checksum && { [checksumHeader(checksum.algorithm)]: checksum.value }) },
  };
}

export async function uploadPartCopy(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const { bucket, object } = findCopySource(backend, call);
  const range = parseRange(call.headers['x-amz-copy-source-range']?.toString(), object.sizeBytes);
  const bytes = openObject(bucket, object, range);
  const part = await receivePart(backend, call, bytes, {}).finally(() => bytes.destroy());
  return {
    headers: XML_HEADERS,
    body: buildXml('CopyPartResult', {
      ETag: quoted(part.etag),
      LastModified: new Date(part.lastModifiedMs).toISOString(),
      ...checksumMembers(part.checksum),
    }),
  };
}

export async function completeMultipartUpload(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const bucket = backend.store.bucket(call.bucket);
  const upload = backend.uploads.find(bucket, call.query.get('uploadId') ?? '', call.key);
  const parts = chooseParts(upload, parseXml(await readText(call), ['Part'])['Part']);
  checkWrite(call.headers, bucket.objects.get(call.key), call.key);
  const { dataFile, path } = bucket.newDataFile(call.key, backend.newId());
  try {
    const { systemHeaders, metadata, tags } = upload.record;
    const { sizeBytes, checksum } = await joinParts(upload, parts, path);
    verifyWhole(call.headers, sizeBytes, checksum);
    const md5 = createHasher('MD5');
    for (const part of parts) md5.update(Buffer.from(part.etag, 'hex'));
    const object: StoredObject = {
      key: call.key,
      sizeBytes,
      etag: `${(await md5.digest()).toString('hex')}-${parts.length}`,
      lastModifiedMs: backend.clock.now(),
      dataFile,
      systemHeaders,
      metadata,
      tags,
      partSizesBytes: parts.map((part) => part.sizeBytes),
      ...(checksum && { checksum }),
    };
    checkWrite(call.headers, bucket.objects.get(call.key), call.key);
    bucket.commit(object);
    backend.uploads.end(bucket, upload);
    const { requestId, caller } = call.context;
    emitCreated(backend, bucket, object, { requestId, reason: 'CompleteMultipartUpload', requester: caller.accountId });
    return { headers: XML_HEADERS, body: buildXml('CompleteMultipartUploadResult', completed(call, object)) };
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

export async function abortMultipartUpload(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const bucket = backend.store.bucket(call.bucket);
  backend.uploads.end(bucket, backend.uploads.find(bucket, call.query.get('uploadId') ?? '', call.key));
  return { statusCode: 204 };
}

async function receivePart(
  backend: S3Backend,
  call: S3Call,
  source: Readable,
  headers: S3Call['headers'],
): Promise<UploadPart> {
  const bucket = backend.store.bucket(call.bucket);
  const upload = backend.uploads.find(bucket, call.query.get('uploadId') ?? '', call.key);
  const number = Number(call.query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > MAX_PART_NUMBER) {
    throw new AwsError('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
  }
  const dataFile = `part-${number}-${backend.newId().replace(/[^\w-]/g, '_')}.data`;
  const path = join(upload.dir, dataFile);
  const algorithm = upload.record.checksum?.algorithm;
  try {
    const body = await receiveBody({ source, sink: createWriteStream(path), headers, algorithm });
    const part: UploadPart = {
      number,
      sizeBytes: body.sizeBytes,
      etag: body.md5.toString('hex'),
      lastModifiedMs: backend.clock.now(),
      dataFile,
      ...(body.checksum && { checksum: body.checksum }),
    };
    backend.uploads.addPart(backend.uploads.find(bucket, upload.record.id, call.key), part);
    return part;
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

/** The parts that the client names, in its order. @throws AwsError MalformedXML, InvalidPart, InvalidPartOrder, EntityTooSmall. */
function chooseParts(upload: Upload, named: unknown): UploadPart[] {
  if (!Array.isArray(named) || named.length === 0) throw new AwsError('MalformedXML', 'The upload names no parts.');
  const parts = named.map((entry: Record<string, string>) => {
    const part = upload.parts.get(Number(entry['PartNumber']));
    const isSame =
      part !== undefined &&
      entry['ETag']?.replace(/"/g, '') === part.etag &&
      (part.checksum === undefined ||
        (entry[checksumMember(part.checksum.algorithm)] ?? part.checksum.value) === part.checksum.value);
    if (!isSame) {
      const details = { PartNumber: entry['PartNumber'], UploadId: upload.record.id };
      throw new AwsError('InvalidPart', 'One or more of the specified parts could not be found.', { details });
    }
    return part;
  });
  if (parts.some((part, index) => index > 0 && part.number <= (parts[index - 1]?.number ?? 0))) {
    throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order.');
  }
  if (parts.slice(0, -1).some((part) => part.sizeBytes < MIN_PART_BYTES)) {
    throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
  }
  return parts;
}

async function joinParts(
  upload: Upload,
  parts: readonly UploadPart[],
  path: string,
): Promise<{ sizeBytes: number; checksum?: StoredChecksum }> {
  async function* bytes() {
    for (const part of parts) yield* createReadStream(join(upload.dir, part.dataFile));
  }
  const kind = upload.record.checksum;
  const algorithm: ChecksumAlgorithm | undefined = kind?.type === 'FULL_OBJECT' ? kind.algorithm : undefined;
  const body = await receiveBody({
    source: Readable.from(bytes()),
    sink: createWriteStream(path),
    headers: {},
    algorithm,
  });
  if (body.checksum) return { sizeBytes: body.sizeBytes, checksum: { ...body.checksum, type: 'FULL_OBJECT' } };
  const values = parts.flatMap((part) => part.checksum?.value ?? []);
  if (!kind || values.length !== parts.length) return { sizeBytes: body.sizeBytes };
  const value = await compositeChecksum(kind.algorithm, values);
  return { sizeBytes: body.sizeBytes, checksum: { algorithm: kind.algorithm, value, type: 'COMPOSITE' } };
}

function verifyWhole(headers: S3Call['headers'], sizeBytes: number, checksum: StoredChecksum | undefined): void {
  const expectedSize = headers['x-amz-mp-object-size']?.toString();
  if (expectedSize !== undefined && Number(expectedSize) !== sizeBytes) {
    throw new AwsError('InvalidRequest', 'The provided x-amz-mp-object-size does not match what was uploaded.');
  }
  const expected = checksum && headers[checksumHeader(checksum.algorithm)]?.toString();
  if (expected !== undefined && expected !== checksum?.value.replace(/-\d+$/, '') && expected !== checksum?.value) {
    throw new AwsError('BadDigest', `The ${checksum?.algorithm} you specified did not match the calculated checksum.`);
  }
}

function completed(call: S3Call, object: StoredObject): object {
  return {
    Location: `http://${call.headers.host}/${call.bucket}/${encodeURIComponent(call.key)}`,
    Bucket: call.bucket,
    Key: call.key,
    ETag: quoted(object.etag),
    ...checksumMembers(object.checksum),
    ...(object.checksum && { ChecksumType: object.checksum.type }),
  };
}
