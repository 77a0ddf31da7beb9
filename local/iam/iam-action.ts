/**
 * The IAM action that a call needs. Most are `<service prefix>:<operation>`; the exceptions are in the service
 * authorization reference (https://docs.aws.amazon.com/service-authorization/latest/reference/).
 */
const PREFIXES: Readonly<Record<string, string>> = { monitoring: 'cloudwatch', 'api.pricing': 'pricing' };

const S3_ACTIONS: Readonly<Record<string, string>> = {
  HeadObject: 's3:GetObject',
  HeadBucket: 's3:ListBucket',
  ListObjects: 's3:ListBucket',
  ListObjectsV2: 's3:ListBucket',
  ListBuckets: 's3:ListAllMyBuckets',
  ListMultipartUploads: 's3:ListBucketMultipartUploads',
  ListParts: 's3:ListMultipartUploadParts',
  CreateMultipartUpload: 's3:PutObject',
  UploadPart: 's3:PutObject',
  UploadPartCopy: 's3:PutObject',
  CompleteMultipartUpload: 's3:PutObject',
  CopyObject: 's3:PutObject',
  DeleteObjects: 's3:DeleteObject',
};

/** Allowed to everybody who has credentials. */
export const FREE_ACTIONS: readonly string[] = ['sts:GetCallerIdentity'];

export function iamAction(serviceId: string, operation: string): string {
  if (serviceId === 's3') return S3_ACTIONS[operation] ?? `s3:${operation}`;
  if (serviceId === 'lambda' && operation === 'Invoke') return 'lambda:InvokeFunction';
  return `${PREFIXES[serviceId] ?? serviceId}:${operation}`;
}

/** The resource's ARN where the request names it; undefined where it does not, and only the action is checked. */
export function resourceArn(action: string, input: object): string | undefined {
  const { Bucket, Key, TopicArn } = input as Readonly<Record<string, unknown>>;
  if (action.startsWith('s3:') && typeof Bucket === 'string') {
    if (typeof Key === 'string' && Key !== '') return `arn:aws:s3:::${Bucket}/${Key}`;
    // DeleteObjects names its keys in a body that is read later.
    return action.endsWith('Object') ? undefined : `arn:aws:s3:::${Bucket}`;
  }
  return typeof TopicArn === 'string' ? TopicArn : undefined;
}
