/**
 * What a training instance may do. It reads what jobs share (one stack is one trust domain for reading) and writes only
 * below its own user id, so that no node can speak for another; results are create-only, so that none can change
 * another's. In place of AmazonSSMManagedInstanceCore, which lets an instance read every parameter of the account.
 */
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { FINAL_PREFIX, NODES_PREFIX, RESULTS_PREFIX, SESSIONS_PREFIX, STATUS_PREFIX } from '../core/s3-layout';
import { allow, arn } from './grants';
import { bucketArn, objectArns, type S3Prefix } from './s3-prefix';

export interface NodePolicyProps {
  /** The stack's bucket. */
  readonly bucketName: string;
  /** Other places with code and data. */
  readonly dataBuckets: readonly S3Prefix[];
  /** Other places for results. */
  readonly resultPrefixes: readonly S3Prefix[];
  /** Of parameters and secrets; begins and ends with `/`. */
  readonly parameterPrefix: string;
  readonly logGroupArn: string;
}

/** Policy variable: `<role id>:<instance id>`. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is IAM's, not JavaScript's
const OWN = '${aws:userid}';

/** Places in the stack's own bucket where users may put code and data, and where results lie that a job continues. */
const SHARED_PREFIXES = ['code/', 'data/', 'datasets/', 'examples/', RESULTS_PREFIX];

/** Places that nodes read code and data from; plan-job looks with the same rights. */
export function readablePlaces({ bucketName, dataBuckets, resultPrefixes }: NodePolicyProps): S3Prefix[] {
  const own = SHARED_PREFIXES.map((prefix) => ({ bucket: bucketName, prefix }));
  return [...own, ...dataBuckets, ...resultPrefixes];
}

/** Places that nodes create results in. */
export function resultPlaces({ bucketName, resultPrefixes }: NodePolicyProps): S3Prefix[] {
  return [{ bucket: bucketName, prefix: RESULTS_PREFIX }, ...resultPrefixes];
}

/** ARNs of all buckets that nodes read or write. */
export function bucketArns(props: NodePolicyProps): string[] {
  return [...new Set([...readablePlaces(props), ...resultPlaces(props)].map(({ bucket }) => bucketArn(bucket)))];
}

export function nodePolicy(props: NodePolicyProps): PolicyStatement[] {
  return [...systemsManager(), ...reading(props), ...writing(props), ...results(props), ...secrets(props)];
}

/** Register, take commands, report on them. None of the messaging actions knows a resource. */
function systemsManager(): PolicyStatement[] {
  const messages = ['GetEndpoint', 'GetMessages', 'AcknowledgeMessage', 'SendReply', 'FailMessage', 'DeleteMessage'];
  const channels = ['CreateControlChannel', 'OpenControlChannel', 'CreateDataChannel', 'OpenDataChannel'];
  return [
    allow(
      [
        'ssm:UpdateInstanceInformation',
        ...messages.map((action) => `ec2messages:${action}`),
        ...channels.map((action) => `ssmmessages:${action}`),
      ],
      ['*'],
    ),
  ];
}

function reading(props: NodePolicyProps): PolicyStatement[] {
  const own = bucketArn(props.bucketName);
  return [
    allow(['s3:ListBucket'], bucketArns(props)),
    allow(
      ['s3:GetObject'],
      [`${own}/${SESSIONS_PREFIX}*`, `${own}/${NODES_PREFIX}*/checkpoints/*`, ...objectArns(readablePlaces(props))],
    ),
  ];
}

function writing({ bucketName, logGroupArn }: NodePolicyProps): PolicyStatement[] {
  const own = bucketArn(bucketName);
  return [
    allow(
      ['s3:PutObject', 's3:GetObject'],
      [`${own}/${STATUS_PREFIX}${OWN}.json`, `${own}/${FINAL_PREFIX}${OWN}.json`, `${own}/${NODES_PREFIX}${OWN}/*`],
    ),
    allow(['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts'], [`${own}/${NODES_PREFIX}${OWN}/*`]),
    allow(['s3:DeleteObject'], [`${own}/${NODES_PREFIX}${OWN}/checkpoints/*`]),
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [`${logGroupArn}:*`]),
  ];
}

/**
 * An object is created only with If-None-Match, which fails where one is already. The parts of a multipart upload have
 * no such header; they create nothing until the upload is completed, which has it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
 */
function results(props: NodePolicyProps): PolicyStatement[] {
  const places = objectArns(resultPlaces(props));
  return [
    allow(['s3:PutObject'], places, { Null: { 's3:if-none-match': 'false' } }),
    allow(['s3:PutObject'], places, { Bool: { 's3:ObjectCreationOperation': 'false' } }),
    allow(['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts'], places),
  ];
}

function secrets({ parameterPrefix }: NodePolicyProps): PolicyStatement[] {
  const bare = parameterPrefix.slice(1);
  return [
    allow(['ssm:GetParameter'], [arn('ssm', `parameter${parameterPrefix}*`)]),
    allow(
      ['secretsmanager:GetSecretValue'],
      [arn('secretsmanager', `secret:${bare}*`), arn('secretsmanager', `secret:${parameterPrefix}*`)],
    ),
  ];
}
