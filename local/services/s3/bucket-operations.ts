import { AwsError, LocalUnsupported } from '../../service';
import { authorizeKey } from './authorize-call';
import type { S3Backend } from './backend';
import { checksumMember } from './checksums';
import { findObject, removeObject } from './object-operations';
import type { Bucket } from './object-store';
import { readText } from './read-text';
import type { S3Call, S3Reply } from './s3-call';
import { buildXml, parseXml } from './xml';

const XML_HEADERS = { 'content-type': 'application/xml' };

export async function listBuckets(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const Bucket = backend.store.buckets().map(({ record }) => ({
    Name: record.name,
    CreationDate: new Date(record.createdMs).toISOString(),
  }));
  return xml('ListAllMyBucketsResult', { Owner: { ID: call.context.accountId }, Buckets: { Bucket } });
}

export async function createBucket(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  await readText(call);
  if (backend.store.find(call.bucket)) {
    // Only us-east-1 says yes to making one's own bucket again.
    if (backend.region === 'us-east-1') return { headers: { location: `/${call.bucket}` } };
    throw new AwsError('BucketAlreadyOwnedByYou', 'You already own this bucket.', { statusCode: 409 });
  }
  backend.store.createBucket({ name: call.bucket, createdMs: backend.clock.now(), eventBridge: false });
  return { headers: { location: `/${call.bucket}` } };
}

export async function deleteBucket(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  backend.store.deleteBucket(call.bucket);
  return { statusCode: 204 };
}

export async function headBucket(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  backend.store.bucket(call.bucket);
  return { headers: { 'x-amz-bucket-region': backend.region } };
}

export async function getBucketLocation(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  backend.store.bucket(call.bucket);
  // The oldest region is written as nothing at all.
  return xml('LocationConstraint', backend.region === 'us-east-1' ? {} : { '#text': backend.region });
}

export async function getBucketVersioning(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  backend.store.bucket(call.bucket);
  return xml('VersioningConfiguration', {});
}

export async function getBucketNotification(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const { eventBridge } = backend.store.bucket(call.bucket).record;
  return xml('NotificationConfiguration', eventBridge ? { EventBridgeConfiguration: {} } : {});
}

export async function putBucketNotification(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const bucket = backend.store.bucket(call.bucket);
  const configuration = parseXml(await readText(call));
  const other = Object.keys(configuration).find(
    (name) => /Configuration$/.test(name) && name !== 'EventBridgeConfiguration',
  );
  if (other) throw new LocalUnsupported('s3', `${other} notifications`);
  bucket.saveRecord({ ...bucket.record, eventBridge: 'EventBridgeConfiguration' in configuration });
  return {};
}

export async function deleteObjects(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const bucket = backend.store.bucket(call.bucket);
  const request = parseXml(await readText(call), ['Object']);
  const keys = ((request['Object'] ?? []) as { Key?: string }[]).map(({ Key = '' }) => Key);
  if (keys.length === 0 || keys.length > 1000) {
    throw new AwsError('MalformedXML', 'Between 1 and 1000 keys can be deleted.');
  }
  const outcomes = keys.map((Key) => deleteOne(backend, bucket, Key, call));
  const Deleted = request['Quiet'] === 'true' ? [] : outcomes.filter((outcome) => !('Code' in outcome));
  return xml('DeleteResult', { Deleted, Error: outcomes.filter((outcome) => 'Code' in outcome) });
}

/** One key's fault is its own: the others of the call are deleted. */
function deleteOne(backend: S3Backend, bucket: Bucket, Key: string, call: S3Call): object {
  try {
    authorizeKey(backend.authorize, call, 'DeleteObject', { Bucket: call.bucket, Key });
    removeObject(backend, bucket, Key, call);
    return { Key };
  } catch (error) {
    if (error instanceof AwsError) return { Key, Code: error.name, Message: error.message };
    throw error;
  }
}

export async function getObjectTagging(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const { tags } = findObject(backend.store.bucket(call.bucket), call.key);
  const Tag = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return xml('Tagging', { TagSet: { Tag } });
}

export async function putObjectTagging(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const bucket = backend.store.bucket(call.bucket);
  const parsed = call.operation === 'PutObjectTagging' ? parseXml(await readText(call), ['Tag']) : {};
  const tagSet = (parsed['TagSet'] ?? {}) as { Tag?: { Key: string; Value: string }[] };
  const tags = Object.fromEntries((tagSet.Tag ?? []).map(({ Key, Value }) => [Key, Value]));
  bucket.commit({ ...findObject(bucket, call.key), tags });
  return call.operation === 'PutObjectTagging' ? {} : { statusCode: 204 };
}

export async function getObjectAttributes(backend: S3Backend, call: S3Call): Promise<S3Reply> {
  const object = findObject(backend.store.bucket(call.bucket), call.key);
  const { checksum, partSizesBytes } = object;
  const all: Record<string, unknown> = {
    ETag: object.etag,
    ObjectSize: object.sizeBytes,
    StorageClass: object.systemHeaders['x-amz-storage-class'] ?? 'STANDARD',
    Checksum: checksum && { [checksumMember(checksum.algorithm)]: checksum.value, ChecksumType: checksum.type },
    ObjectParts: partSizesBytes && { PartsCount: partSizesBytes.length },
  };
  const asked = String(call.headers['x-amz-object-attributes'] ?? '')
    .split(',')
    .map((name) => name.trim());
  const shown = Object.entries(all).filter(([name, value]) => asked.includes(name) && value !== undefined);
  const reply = xml('GetObjectAttributesResponse', Object.fromEntries(shown));
  return { ...reply, headers: { ...XML_HEADERS, 'last-modified': new Date(object.lastModifiedMs).toUTCString() } };
}

function xml(root: string, content: object): S3Reply {
  return { headers: XML_HEADERS, body: buildXml(root, content) };
}
