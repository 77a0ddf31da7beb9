/** One S3 request, taken apart: which bucket and key, by which operation. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { S3CallContext } from '../../gateway/http';
import { AwsError, LocalUnsupported } from '../../service';

export interface S3Call {
  operation: string;
  /** Empty for ListBuckets. */
  bucket: string;
  /** Empty for a bucket's own operations. */
  key: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Readable;
  context: S3CallContext;
}

export interface S3Reply {
  statusCode?: number;
  headers?: Record<string, string>;
  body?: string | Readable;
}

/** By method; the first query parameter that is present picks the operation, `''` stands for none. */
const OBJECT_OPERATIONS: Record<string, Record<string, string>> = {
  GET: { uploadId: 'ListParts', tagging: 'GetObjectTagging', attributes: 'GetObjectAttributes', '': 'GetObject' },
  HEAD: { '': 'HeadObject' },
  PUT: { uploadId: 'UploadPart', tagging: 'PutObjectTagging', '': 'PutObject' },
  POST: { uploads: 'CreateMultipartUpload', uploadId: 'CompleteMultipartUpload' },
  DELETE: { uploadId: 'AbortMultipartUpload', tagging: 'DeleteObjectTagging', '': 'DeleteObject' },
};
const BUCKET_OPERATIONS: Record<string, Record<string, string>> = {
  GET: {
    location: 'GetBucketLocation',
    versioning: 'GetBucketVersioning',
    notification: 'GetBucketNotificationConfiguration',
    uploads: 'ListMultipartUploads',
    'list-type': 'ListObjectsV2',
    '': 'ListObjects',
  },
  HEAD: { '': 'HeadBucket' },
  PUT: { notification: 'PutBucketNotificationConfiguration', '': 'CreateBucket' },
  POST: { delete: 'DeleteObjects' },
  DELETE: { '': 'DeleteBucket' },
};

/** Query parameters that are an operation of their own; one that the tables above lack is not supported. */
const SUBRESOURCES = new Set(
  (
    'accelerate acl analytics attributes cors delete encryption intelligent-tiering inventory legal-hold lifecycle ' +
    'list-type location logging metrics notification object-lock ownershipControls partNumber policy policyStatus ' +
    'publicAccessBlock replication requestPayment restore retention select session tagging torrent uploadId uploads ' +
    'versioning versions website'
  ).split(' '),
);

/** Parts of x-amz-* header names that something here reads, or that change nothing on one machine. */
const KNOWN_HEADER =
  /^x-amz-(meta-.*|content-sha256|date|security-token|user-agent|decoded-content-length|trailer|checksum-.*|sdk-checksum-algorithm|copy-source.*|metadata-directive|tagging|tagging-directive|mp-object-size|expected-bucket-owner|source-expected-bucket-owner|request-payer|storage-class|server-side-encryption|server-side-encryption-aws-kms-key-id|server-side-encryption-bucket-key-enabled|object-attributes|max-parts|part-number-marker|optional-object-attributes|bucket-region|sdk-request|acl|object-ownership)$/;

/** @throws AwsError, LocalUnsupported for an operation or a header that this S3 does not have. */
export function parseCall(request: IncomingMessage, context: S3CallContext): S3Call {
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  const path = decodePath(at < 0 ? url : url.slice(0, at)).replace(/^\//, '');
  const slash = path.indexOf('/');
  const bucket = context.virtualHostBucket ?? (slash < 0 ? path : path.slice(0, slash));
  const key = context.virtualHostBucket ? path : slash < 0 ? '' : path.slice(slash + 1);
  refuseUnknownHeaders(request.headers);
  const operation = operationOf(request.method ?? 'GET', bucket, key, query, request.headers);
  return { operation, bucket, key, query, headers: request.headers, body: request, context };
}

function operationOf(
  method: string,
  bucket: string,
  key: string,
  query: URLSearchParams,
  headers: IncomingMessage['headers'],
): string {
  if (bucket === '' && method === 'GET') return 'ListBuckets';
  const operations = (key === '' ? BUCKET_OPERATIONS : OBJECT_OPERATIONS)[method] ?? {};
  const subresource = [...query.keys()].find((name) => SUBRESOURCES.has(name) && name !== 'partNumber') ?? '';
  const operation = operations[subresource];
  if (!operation || bucket === '') throw new LocalUnsupported('s3', `${method} ?${subresource}`);
  if (headers['x-amz-copy-source'] === undefined) return operation;
  return operation === 'PutObject' ? 'CopyObject' : operation === 'UploadPart' ? 'UploadPartCopy' : operation;
}

/** @throws AwsError InvalidURI. */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}

function refuseUnknownHeaders(headers: IncomingMessage['headers']): void {
  const unknown = Object.keys(headers).find((name) => name.startsWith('x-amz-') && !KNOWN_HEADER.test(name));
  if (unknown) throw new LocalUnsupported('s3', `the header ${unknown}`);
  const acl = headers['x-amz-acl'];
  if (acl !== undefined && acl !== 'private' && acl !== 'bucket-owner-full-control') {
    throw new LocalUnsupported('s3', `the ACL ${acl}`);
  }
}
