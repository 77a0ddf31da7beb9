import type { S3Backend } from './backend';
import { type ChecksumAlgorithm, checksumMember } from './checksums';
import { quoted } from './object-headers';
import type { S3Call, S3Reply } from './s3-call';
import { buildXml } from './xml';

const XML_HEADERS = { 'content-type': 'application/xml' };

export async function listParts(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const { record, parts } = backend.uploads.find(
    backend.store.bucket(call.bucket),
    call.query.get('uploadId') ?? '',
    call.key,
  );
  const maxParts = Math.min(Number(call.query.get('max-parts') ?? 1000), 1000);
  const marker = Number(call.query.get('part-number-marker') ?? 0);
  const rest = [...parts.values()].filter((part) => part.number > marker).sort((a, b) => a.number - b.number);
  const page = rest.slice(0, maxParts);
  return {
    headers: XML_HEADERS,
    body: buildXml('ListPartsResult', {
      Bucket: call.bucket,
      Key: call.key,
      UploadId: record.id,
      PartNumberMarker: marker,
      NextPartNumberMarker: page.at(-1)?.number ?? marker,
      MaxParts: maxParts,
      IsTruncated: rest.length > page.length,
      StorageClass: 'STANDARD',
      ...(record.checksum && { ChecksumAlgorithm: record.checksum.algorithm, ChecksumType: record.checksum.type }),
      Part: page.map((part) => ({
        PartNumber: part.number,
        LastModified: new Date(part.lastModifiedMs).toISOString(),
        ETag: quoted(part.etag),
        Size: part.sizeBytes,
        ...checksumMembers(part.checksum),
      })),
    }),
  };
}

export async function listMultipartUploads(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const prefix = call.query.get('prefix') ?? '';
  const uploads = backend.uploads
    .list(backend.store.bucket(call.bucket))
    .filter(({ record }) => record.key.startsWith(prefix));
  return {
    headers: XML_HEADERS,
    body: buildXml('ListMultipartUploadsResult', {
      Bucket: call.bucket,
      Prefix: prefix,
      MaxUploads: 1000,
      IsTruncated: false,
      Upload: uploads.map(({ record }) => ({
        Key: record.key,
        UploadId: record.id,
        Initiated: new Date(record.startedMs).toISOString(),
        StorageClass: 'STANDARD',
      })),
    }),
  };
}

/** As a part's or an object's checksum stands in XML. */
export function checksumMembers(checksum: { algorithm: ChecksumAlgorithm; value: string } | undefined): object {
  return checksum ? { [checksumMember(checksum.algorithm)]: checksum.value } : {};
}
