import type { Clock } from '../../clock';
import type { Authorize } from '../../gateway/authorize';
import type { EmitEvent } from '../../service';
import type { MultipartStore } from './multipart-store';
import type { Bucket, ObjectStore, StoredObject } from './object-store';

/** What the operations of S3 work on. */
export interface S3Backend {
  store: ObjectStore;
  uploads: MultipartStore;
  clock: Clock;
  newId: () => string;
  region: string;
  emitEvent: EmitEvent;
  authorize?: Authorize;
}

export type CreationReason = 'PutObject' | 'CopyObject' | 'CompleteMultipartUpload';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
export function emitCreated(
  backend: S3Backend,
  bucket: Bucket,
  object: StoredObject,
  request: { requestId: string; reason: CreationReason; requester: string },
): void {
  const { key, sizeBytes: size, etag } = object;
  emit(backend, bucket, 'Object Created', { ...request, object: { key, size, etag } });
}

export function emitDeleted(
  backend: S3Backend,
  bucket: Bucket,
  key: string,
  request: { requestId: string; requester: string },
): void {
  const details = { ...request, reason: 'DeleteObject', 'deletion-type': 'Permanently Deleted', object: { key } };
  emit(backend, bucket, 'Object Deleted', details);
}

function emit(
  backend: S3Backend,
  bucket: Bucket,
  detailType: string,
  { requestId, object, ...rest }: { requestId: string; object: object; requester: string; reason: string },
): void {
  if (!bucket.record.eventBridge) return;
  backend.emitEvent({
    source: 'aws.s3',
    'detail-type': detailType,
    resources: [`arn:aws:s3:::${bucket.record.name}`],
    detail: {
      version: '0',
      bucket: { name: bucket.record.name },
      object: { ...object, sequencer: sequencer(backend) },
      'request-id': requestId,
      'source-ip-address': '127.0.0.1',
      ...rest,
    },
  });
}

const lastSequence = new WeakMap<S3Backend, number>();

/** Of two events of one key the later has the greater one. */
function sequencer(backend: S3Backend): string {
  const next = Math.max(Math.floor(backend.clock.now() * 1000), (lastSequence.get(backend) ?? 0) + 1);
  lastSequence.set(backend, next);
  return next.toString(16).toUpperCase().padStart(16, '0');
}
