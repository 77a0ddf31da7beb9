/** Asks whether a caller may make a call of S3: with what policies look at, taken from its path, query and headers. */
import { type Authorize, transportOf } from '../../gateway/authorize';
import type { S3Input } from '../../iam/calls/s3-calls';
import { AwsError } from '../../service';
import type { S3Call } from './s3-call';

/** @throws AwsError AccessDenied. */
export function authorizeCall(authorize: Authorize | undefined, call: S3Call): void {
  ask(authorize, call, call.operation, { Bucket: call.bucket, Key: call.key, ...conditionsOf(call) });
}

/** For keys besides the one in the request's path: sources of copies, keys to delete. @throws AwsError AccessDenied. */
export function authorizeKey(
  authorize: Authorize | undefined,
  call: S3Call,
  operation: 'GetObject' | 'DeleteObject',
  object: { Bucket: string; Key: string },
): void {
  ask(authorize, call, operation, object);
}

/**
 * That nothing has a key is told only to those who may list the bucket.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax (Permissions)
 * @throws AwsError AccessDenied.
 */
export function authorizeMissing(authorize: Authorize | undefined, call: S3Call, error: unknown): void {
  const isRead = call.operation.startsWith('Get') || call.operation.startsWith('Head');
  if (!isRead || !(error instanceof AwsError) || error.name !== 'NoSuchKey') return;
  ask(authorize, call, 'ListObjectsV2', { Bucket: call.bucket });
}

function ask(authorize: Authorize | undefined, call: S3Call, operation: string, input: S3Input): void {
  const { caller } = call.context;
  authorize?.({ caller, serviceId: 's3', operation, input, transport: transportOf(call.headers) });
}

function conditionsOf({ headers, query }: S3Call): Omit<S3Input, 'Bucket' | 'Key'> {
  return {
    Prefix: query.get('prefix') ?? undefined,
    Delimiter: query.get('delimiter') ?? undefined,
    MaxKeys: query.get('max-keys') ?? undefined,
    IfMatch: headers['if-match'],
    IfNoneMatch: headers['if-none-match'],
    Tagging: headers['x-amz-tagging']?.toString(),
  };
}
