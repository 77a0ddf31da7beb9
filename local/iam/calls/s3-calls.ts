/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
import type { Check } from '../check';
import { ANY, one } from './arns';
import type { CallChecks, ServiceCalls } from './service-calls';

/** Of a request's path, query and headers; named as in the SDK. */
export interface S3Input {
  Bucket: string;
  Key?: string;
  Prefix?: string | undefined;
  Delimiter?: string | undefined;
  MaxKeys?: string | undefined;
  IfMatch?: string | undefined;
  IfNoneMatch?: string | undefined;
  Tagging?: string | undefined;
}

const onBucket =
  (action: string): CallChecks =>
  ({ Bucket, Prefix, Delimiter, MaxKeys }: S3Input) =>
    one(action, `arn:aws:s3:::${Bucket}`, keys({ prefix: Prefix, delimiter: Delimiter, 'max-keys': MaxKeys }));

const onObject =
  (...actions: string[]): CallChecks =>
  ({ Bucket, Key }: S3Input) =>
    actions.flatMap((action) => one(action, `arn:aws:s3:::${Bucket}/${Key}`));

/**
 * Uploads of all kinds are s3:PutObject. Only those that make an object can carry a condition on what is there already.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
 */
const upload =
  (isCreation: boolean): CallChecks =>
  ({ Bucket, Key, IfMatch, IfNoneMatch, Tagging }: S3Input) => {
    const resource = `arn:aws:s3:::${Bucket}/${Key}`;
    const conditions = { 'if-match': IfMatch, 'if-none-match': IfNoneMatch };
    return [
      ...one('s3:PutObject', resource, keys({ ...conditions, objectcreationoperation: String(isCreation) })),
      ...(Tagging === undefined ? [] : one('s3:PutObjectTagging', resource)),
    ];
  };

function keys(given: Readonly<Record<string, string | undefined>>): Check['keys'] {
  const entries = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [[`s3:${name}`, [value]]],
  );
  return Object.fromEntries(entries) as Record<string, string[]>;
}

export const s3Calls: ServiceCalls = {
  ListBuckets: () => one('s3:ListAllMyBuckets', ANY),
  CreateBucket: onBucket('s3:CreateBucket'),
  DeleteBucket: onBucket('s3:DeleteBucket'),
  HeadBucket: onBucket('s3:ListBucket'),
  GetBucketLocation: onBucket('s3:GetBucketLocation'),
  GetBucketVersioning: onBucket('s3:GetBucketVersioning'),
  GetBucketNotificationConfiguration: onBucket('s3:GetBucketNotification'),
  PutBucketNotificationConfiguration: onBucket('s3:PutBucketNotification'),
  ListObjects: onBucket('s3:ListBucket'),
  ListObjectsV2: onBucket('s3:ListBucket'),
  ListMultipartUploads: onBucket('s3:ListBucketMultipartUploads'),
  GetObject: onObject('s3:GetObject'),
  HeadObject: onObject('s3:GetObject'),
  GetObjectAttributes: onObject('s3:GetObject', 's3:GetObjectAttributes'),
  GetObjectTagging: onObject('s3:GetObjectTagging'),
  PutObjectTagging: onObject('s3:PutObjectTagging'),
  DeleteObjectTagging: onObject('s3:DeleteObjectTagging'),
  DeleteObject: onObject('s3:DeleteObject'),
  // Asked about key by key, as the sources of copies are: services/s3/authorize-call.ts.
  DeleteObjects: () => [],
  PutObject: upload(true),
  CopyObject: upload(true),
  CreateMultipartUpload: upload(false),
  UploadPart: upload(false),
  UploadPartCopy: upload(false),
  CompleteMultipartUpload: upload(true),
  AbortMultipartUpload: onObject('s3:AbortMultipartUpload'),
  ListParts: onObject('s3:ListMultipartUploadParts'),
};
