/**
 * What a training instance may do. It reads what jobs share (one stack is one trust domain for reading) and writes only
 * below its own user id, so that no node can speak for another; results are create-only, so that none can change
 * another's. In place of AmazonSSMManagedInstanceCore, which lets an instance read every parameter of the account.
 */
import { Aws } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { parseRepositoryPattern } from '../core/plan/container-image';
import { FINAL_PREFIX, NODES_PREFIX, RESULTS_PREFIX, STATUS_PREFIX } from '../core/s3-layout';
import { allow, arn } from './grants';
import { bucketArn, objectArns, type S3Prefix } from './s3-prefix';

export interface NodePolicyProps {
  /** The stack's bucket. */
  readonly bucketName: string;
  /** Other places with code and data. */
  readonly dataBuckets: readonly S3Prefix[];
  /** Other places for results. */
  readonly resultPrefixes: readonly S3Prefix[];
  /** Repositories of ECR's with images for jobs, as core/plan/container-image.ts reads them. */
  readonly imageRepositories: readonly string[];
  /** Of parameters and secrets; begins and ends with `/`. */
  readonly parameterPrefix: string;
  readonly logGroupArn: string;
}

/** Policy variable: `<role id>:<instance id>`. */
const OWN = '${aws:userid}';

/**
 * Places that nodes read: the stack's bucket, where users may put code and data anywhere, and the others. plan-job looks
 * with the same rights, so that it finds what nodes will find.
 */
export function readablePlaces({ bucketName, dataBuckets, resultPrefixes }: NodePolicyProps): S3Prefix[] {
  return [{ bucket: bucketName, prefix: '' }, ...dataBuckets, ...resultPrefixes];
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
  return [
    ...systemsManager(),
    ...reading(props),
    ...writing(props),
    ...results(props),
    ...secrets(props),
    ...images(props),
  ];
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

/** With an upload in parts that failed, or calling it off. */
const GOING_ON = ['s3:ListMultipartUploadParts', 's3:AbortMultipartUpload'];

/** Without ListBucket, S3 answers 403 where nothing is, and "not yet" could not be told from "may not". */
function reading(props: NodePolicyProps): PolicyStatement[] {
  return [allow(['s3:ListBucket'], bucketArns(props)), allow(['s3:GetObject'], objectArns(readablePlaces(props)))];
}

function writing({ bucketName, logGroupArn }: NodePolicyProps): PolicyStatement[] {
  const own = bucketArn(bucketName);
  return [
    allow(
      ['s3:PutObject'],
      [`${own}/${STATUS_PREFIX}${OWN}.json`, `${own}/${FINAL_PREFIX}${OWN}.json`, `${own}/${NODES_PREFIX}${OWN}/*`],
    ),
    allow(GOING_ON, [`${own}/${NODES_PREFIX}${OWN}/*`]),
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
    allow(GOING_ON, places),
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

/**
 * What `docker pull` needs, of the named repositories alone. The password is good for the registry, not for a repository;
 * what it opens is what the role may.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-pull.html
 */
function images({ imageRepositories }: NodePolicyProps): PolicyStatement[] {
  const arns = imageRepositories.flatMap((text) => {
    const found = parseRepositoryPattern(text);
    if (found === undefined) return [];
    return [`arn:${Aws.PARTITION}:ecr:${found.region}:${found.accountId}:repository/${found.name}`];
  });
  if (arns.length === 0) return [];
  return [
    allow(['ecr:GetAuthorizationToken'], ['*']),
    allow(['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], arns),
  ];
}
