/**
 * S3 on disk. Objects are streamed, never held in memory as a whole; their keys may be anything, for none becomes a
 * path. Not versioned, no policies, ACLs, encryption or lifecycle.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../clock';
import type { Authorize } from '../../gateway/authorize';
import { asAwsError } from '../../gateway/call-service';
import { type S3CallContext, type S3HttpService, send } from '../../gateway/http';
import { type CallContext, type EmitEvent, LocalUnsupported, type Service } from '../../service';
import { authorizeCall, authorizeMissing } from './authorize-call';
import type { S3Backend } from './backend';
import * as buckets from './bucket-operations';
import { listObjects, listObjectsV2 } from './list-operations';
import { listMultipartUploads, listParts } from './multipart-listing';
import * as multipart from './multipart-operations';
import { MultipartStore } from './multipart-store';
import { copyObject, deleteObject, findObject, getObject, openObject, putObject } from './object-operations';
import { ObjectStore } from './object-store';
import { checkPresigned } from './presigned';
import { parseCall, type S3Call, type S3Reply } from './s3-call';
import { s3Error } from './s3-error';

export interface S3Options {
  /** Everything is kept under `<dataDir>/s3`. */
  dataDir: string;
  clock: Clock;
  newId: () => string;
  region: string;
  accountId: string;
  /** Told of created and deleted objects of the buckets that have EventBridge on. */
  emitEvent: EmitEvent;
  log: (line: string) => void;
  authorize?: Authorize;
}

export interface S3 extends S3HttpService {
  /** A few operations for the state machine's aws-sdk integrations; bodies are text. */
  readonly service: Service;
  /** Keeps what a bucket of that name already holds. */
  createBucket(name: string, options?: { eventBridge?: boolean }): void;
  /** @throws AwsError NoSuchBucket. */
  putObject(bucket: string, key: string, bytes: Uint8Array | string, options?: { contentType?: string }): Promise<void>;
  /** @throws AwsError NoSuchBucket, NoSuchKey. */
  getObject(bucket: string, key: string): Promise<Buffer>;
  /** @throws AwsError NoSuchBucket. */
  list(bucket: string, prefix?: string): { key: string; sizeBytes: number; lastModifiedMs: number }[];
}

type Handler = (backend: S3Backend, call: S3Call) => Promise<S3Reply>;

const HANDLERS: Readonly<Record<string, Handler>> = {
  ListBuckets: buckets.listBuckets,
  CreateBucket: buckets.createBucket,
  DeleteBucket: buckets.deleteBucket,
  HeadBucket: buckets.headBucket,
  GetBucketLocation: buckets.getBucketLocation,
  GetBucketVersioning: buckets.getBucketVersioning,
  GetBucketNotificationConfiguration: buckets.getBucketNotification,
  PutBucketNotificationConfiguration: buckets.putBucketNotification,
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  DeleteObjects: buckets.deleteObjects,
  PutObject: putObject,
  CopyObject: copyObject,
  GetObject: getObject,
  HeadObject: getObject,
  DeleteObject: deleteObject,
  GetObjectTagging: buckets.getObjectTagging,
  PutObjectTagging: buckets.putObjectTagging,
  DeleteObjectTagging: buckets.putObjectTagging,
  GetObjectAttributes: buckets.getObjectAttributes,
  CreateMultipartUpload: multipart.createMultipartUpload,
  UploadPart: multipart.uploadPart,
  UploadPartCopy: multipart.uploadPartCopy,
  CompleteMultipartUpload: multipart.completeMultipartUpload,
  AbortMultipartUpload: multipart.abortMultipartUpload,
  ListParts: listParts,
  ListMultipartUploads: listMultipartUploads,
};

export function createS3(options: S3Options): S3 {
  const store = new ObjectStore(join(options.dataDir, 's3'));
  const { clock, newId, region, emitEvent, authorize } = options;
  const backend: S3Backend = {
    store,
    uploads: new MultipartStore(),
    clock,
    newId,
    region,
    emitEvent,
    ...(authorize && { authorize }),
  };
  const inProcess = inProcessCall(options);
  return {
    handle: (request, response, context) => handle(backend, options, { request, response, context }),
    service: createService(backend, inProcess),
    createBucket(name, { eventBridge = false } = {}) {
      const existing = store.find(name);
      if (existing) existing.saveRecord({ ...existing.record, eventBridge });
      else store.createBucket({ name, createdMs: clock.now(), eventBridge });
    },
    async putObject(bucket, key, bytes, { contentType } = {}) {
      const headers = contentType ? { 'content-type': contentType } : {};
      await putObject(backend, {
        ...inProcess('PutObject', bucket, key),
        headers,
        body: Readable.from([Buffer.from(bytes)]),
      });
    },
    async getObject(bucketName, key) {
      const bucket = store.bucket(bucketName);
      return buffer(openObject(bucket, findObject(bucket, key)));
    },
    list(bucketName, prefix = '') {
      const bucket = store.bucket(bucketName);
      const { keys } = bucket.keys.list({ prefix, delimiter: '', after: '', maxKeys: Number.POSITIVE_INFINITY });
      return keys.map((key) => {
        const { sizeBytes, lastModifiedMs } = findObject(bucket, key);
        return { key, sizeBytes, lastModifiedMs };
      });
    },
  };
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  context: S3CallContext;
}

async function handle(backend: S3Backend, options: S3Options, { request, response, context }: Exchange): Promise<void> {
  let operation = `${request.method} ${request.url}`;
  try {
    const call = parseCall(request, context);
    operation = call.operation;
    const handler = HANDLERS[operation];
    if (!handler) throw new LocalUnsupported('s3', operation);
    checkPresigned(call.query, options.clock.now());
    authorizeCall(options.authorize, call);
    const reply = await handler(backend, call).catch((error: unknown) => {
      authorizeMissing(options.authorize, call, error);
      throw error;
    });
    await respond(response, reply, context.requestId);
  } catch (error) {
    if (response.headersSent || response.destroyed) return void response.destroy();
    // The rest of a refused body is read and dropped: closing on a client that still sends would hide the answer.
    request.resume();
    const wire = s3Error(asAwsError(error, `s3:${operation}`, options.log), context.requestId);
    send(response, request.method === 'HEAD' ? { ...wire, body: '' } : wire);
  }
}

async function respond(response: ServerResponse, reply: S3Reply, requestId: string): Promise<void> {
  const { statusCode = 200, body = '' } = reply;
  const headers: Record<string, string> = { ...reply.headers, 'x-amz-request-id': requestId };
  if (typeof body === 'string') {
    if (statusCode !== 204 && statusCode !== 304) headers['content-length'] ??= String(Buffer.byteLength(body));
    response.writeHead(statusCode, headers).end(body);
    return;
  }
  response.writeHead(statusCode, headers);
  await pipeline(body, response);
}

function inProcessCall(
  options: S3Options,
): (operation: string, bucket: string, key: string, context?: CallContext) => S3Call {
  const { accountId, region, newId } = options;
  const arn = `arn:aws:iam::${accountId}:root`;
  const caller = { accessKeyId: 'LOCAL', accountId, arn, userId: accountId };
  return (operation, bucket, key, context) => ({
    operation,
    bucket,
    key,
    query: new URLSearchParams(),
    headers: {},
    body: Readable.from([]),
    context: context ?? { caller, accountId, region, requestId: newId() },
  });
}

interface ObjectInput {
  Bucket: string;
  Key: string;
  Body?: string | Uint8Array;
}

function createService(backend: S3Backend, inProcess: ReturnType<typeof inProcessCall>): Service {
  return {
    id: 's3',
    operations: {
      GetObject: async ({ Bucket, Key }: ObjectInput) => {
        const bucket = backend.store.bucket(Bucket);
        const object = findObject(bucket, Key);
        const text = (await buffer(openObject(bucket, object))).toString('utf8');
        return { Body: text, ContentLength: object.sizeBytes, ETag: `"${object.etag}"` };
      },
      PutObject: async ({ Bucket, Key, Body = '' }: ObjectInput, context) => {
        const body = Readable.from([Buffer.from(Body)]);
        const reply = await putObject(backend, { ...inProcess('PutObject', Bucket, Key, context), body });
        return { ETag: reply.headers?.['etag'] };
      },
      ListObjectsV2: async ({ Bucket, Prefix = '' }: { Bucket: string; Prefix?: string }) => {
        const bucket = backend.store.bucket(Bucket);
        const { keys, next } = bucket.keys.list({ prefix: Prefix, delimiter: '', after: '', maxKeys: 1000 });
        const Contents = keys.map((Key) => ({ Key, Size: findObject(bucket, Key).sizeBytes }));
        return { Name: Bucket, Prefix, Contents, KeyCount: keys.length, IsTruncated: next !== undefined };
      },
    },
  };
}
