/**
 * What functions may do, as small sets of statements that lib/functions.ts combines. Changes to EC2 are bound to the
 * tag CreatedBy=runctl; `*` stands only where the action knows no resource (test/lib/iam.test.ts holds the list).
 */
import { Aws } from 'aws-cdk-lib';
import { type Conditions, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  CHECKPOINT_MANIFEST,
  FINAL_PREFIX,
  NODES_PREFIX,
  REPORTS_PREFIX,
  SESSIONS_PREFIX,
  STATUS_PREFIX,
} from '../core/s3-layout';
import { alertPk, ledgerPk } from '../core/table';
import { CREATED_BY, TAG } from '../core/tags';
import { objectArns, type S3Prefix } from './s3-prefix';

/** An ARN in this partition, region and account. */
export const arn = (service: string, resource: string) =>
  `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;

/** An ARN of what anybody may own, and share: it has no account. */
const sharedArn = (service: string, resource: string) => `arn:${Aws.PARTITION}:${service}:${Aws.REGION}::${resource}`;

export function allow(actions: string[], resources: string[], conditions?: Conditions): PolicyStatement {
  return new PolicyStatement({
    effect: Effect.ALLOW,
    actions,
    resources,
    ...(conditions === undefined ? {} : { conditions }),
  });
}

const TAGGED = { StringEquals: { [`aws:ResourceTag/${TAG.createdBy}`]: CREATED_BY } };
const TAGGING = { StringEquals: { [`aws:RequestTag/${TAG.createdBy}`]: CREATED_BY } };

export const readSessions = (tableArn: string) => allow(['dynamodb:GetItem'], [tableArn]);
export const writeSessions = (tableArn: string) => allow(['dynamodb:GetItem', 'dynamodb:PutItem'], [tableArn]);
export const listOpenSessions = (indexArn: string) => allow(['dynamodb:Query'], [indexArn]);
/** Locks, and cursors of passes that went through. */
export const deleteMarks = (tableArn: string) => allow(['dynamodb:DeleteItem'], [tableArn]);
/** Partitions of the table itself, such as a month of the ledger. */
export const readTable = (tableArn: string) => allow(['dynamodb:Query'], [tableArn]);
/** Only entries of the cost ledger. */
export const readLedger = (tableArn: string) => allow(['dynamodb:Query'], [tableArn], leadingKeys(`${ledgerPk('')}*`));
/** Only marks of alerts that were published. */
export const markAlerts = (tableArn: string) => allow(['dynamodb:PutItem'], [tableArn], leadingKeys(`${alertPk('')}*`));
const leadingKeys = (pattern: string) => ({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [pattern] } });
/** An index is queried only; items by their keys are the table's. */
export const findRecords = (tableArn: string, ...indexArns: string[]) => [
  allow(['dynamodb:BatchGetItem', 'dynamodb:Query'], [tableArn]),
  allow(['dynamodb:Query'], indexArns),
];

/** Without ListBucket, S3 answers 403 where nothing is, and "not yet" could not be told from "may not". */
export const listBucket = (...bucketArns: string[]) => allow(['s3:ListBucket'], bucketArns);
export const readObjects = (...locations: S3Prefix[]) => allow(['s3:GetObject'], objectArns(locations));
export const readExactly = (arns: string[]) => allow(['s3:GetObject'], arns);
export const readSessionFiles = (bucketArn: string) => allow(['s3:GetObject'], [`${bucketArn}/${SESSIONS_PREFIX}*`]);
export const writeSessionFiles = (bucketArn: string) => allow(['s3:PutObject'], [`${bucketArn}/${SESSIONS_PREFIX}*`]);
export const writeReports = (bucketArn: string) => allow(['s3:PutObject'], [`${bucketArn}/${REPORTS_PREFIX}*`]);
export const readNodeReports = (bucketArn: string) =>
  allow(['s3:GetObject'], [`${bucketArn}/${STATUS_PREFIX}*`, `${bucketArn}/${FINAL_PREFIX}*`]);

/** Manifests are read, whole checkpoints are deleted; nothing else of a node's. */
export const keepCheckpoints = (bucketArn: string) => [
  allow(['s3:GetObject'], [`${bucketArn}/${NODES_PREFIX}*/checkpoints/*/${CHECKPOINT_MANIFEST}`]),
  allow(['s3:DeleteObject'], [`${bucketArn}/${NODES_PREFIX}*/checkpoints/*`]),
];

/** Neither tokens nor executions' tasks are resources to IAM. */
export const answerTasks = () =>
  allow(['states:SendTaskSuccess', 'states:SendTaskFailure', 'states:SendTaskHeartbeat'], ['*']);
export const startExecution = (stateMachineArn: string) => allow(['states:StartExecution'], [stateMachineArn]);
export const describeExecutions = (executionArns: string) => allow(['states:DescribeExecution'], [executionArns]);
export const listExecutions = (stateMachineArn: string) => allow(['states:ListExecutions'], [stateMachineArn]);

/** `name` begins with a slash. A SecureString under a key of the account's own needs kms:Decrypt of it besides. */
export const readParameter = (name: string) => allow(['ssm:GetParameter'], [arn('ssm', `parameter${name}`)]);

export const publish = (topicArn: string) => allow(['sns:Publish'], [topicArn]);

export const seeInstances = () => allow(['ec2:DescribeInstances'], ['*']);
export const seeVolumes = () => allow(['ec2:DescribeVolumes'], ['*']);
export const seeStatusChecks = () => allow(['ec2:DescribeInstanceStatus'], ['*']);
export const seePresence = () => allow(['ssm:DescribeInstanceInformation'], ['*']);
export const terminate = () => allow(['ec2:TerminateInstances'], [arn('ec2', 'instance/*')], TAGGED);

export const deleteVolumes = () => allow(['ec2:DeleteVolume'], [arn('ec2', 'volume/*')], TAGGED);

export const seePrices = () => allow(['ec2:DescribeSpotPriceHistory', 'pricing:GetProducts'], ['*']);
export const seeCatalog = () => [
  allow(['ec2:DescribeInstanceTypes', 'ec2:DescribeImages', 'ec2:DescribePlacementGroups'], ['*']),
  allow(['servicequotas:GetServiceQuota'], [arn('servicequotas', 'ec2/*')]),
  allow(['ssm:GetParameter'], [sharedArn('ssm', 'parameter/aws/service/*')]),
];

/** Only this stack's document, and only to instances of runctl's. */
export const sendCommand = (documentName: string) => [
  allow(['ssm:SendCommand'], [arn('ssm', `document/${documentName}`)]),
  allow(['ssm:SendCommand'], [arn('ec2', 'instance/*')], TAGGED),
];

export interface LaunchScope {
  readonly launchTemplateId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupId: string;
  readonly nodeRoleArn: string;
}

/**
 * CreateFleet, and RunInstances on the caller's behalf. What is made must carry the tag; what is used must be the
 * stack's own template, subnets and group. Interfaces and spot requests are not tagged in the call.
 * Tags only at launch: nobody can tag a foreign instance into reach of `terminate`.
 */
export function launch({ launchTemplateId, subnetIds, securityGroupId, nodeRoleArn }: LaunchScope): PolicyStatement[] {
  const actions = ['ec2:CreateFleet', 'ec2:RunInstances'];
  const template = arn('ec2', `launch-template/${launchTemplateId}`);
  const subnets = subnetIds.map((id) => arn('ec2', `subnet/${id}`));
  return [
    allow(['ec2:CreateFleet'], [arn('ec2', 'fleet/*')], TAGGING),
    allow(actions, [arn('ec2', 'instance/*'), arn('ec2', 'volume/*')], TAGGING),
    allow(actions, [template, ...subnets, sharedArn('ec2', 'image/*')]),
    allow(actions, [arn('ec2', 'placement-group/*')]),
    allow(
      ['ec2:RunInstances'],
      [
        arn('ec2', `security-group/${securityGroupId}`),
        arn('ec2', 'network-interface/*'),
        arn('ec2', 'spot-instances-request/*'),
        sharedArn('ec2', 'snapshot/*'),
      ],
    ),
    allow(
      ['ec2:CreateTags'],
      ['fleet/*', 'instance/*', 'volume/*'].map((resource) => arn('ec2', resource)),
      {
        StringEquals: { ...TAGGING.StringEquals, 'ec2:CreateAction': ['CreateFleet', 'RunInstances'] },
      },
    ),
    allow(['iam:PassRole'], [nodeRoleArn], { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } }),
    createServiceLinkedRole('spot.amazonaws.com', 'AWSServiceRoleForEC2Spot'),
    createServiceLinkedRole('ec2fleet.amazonaws.com', 'AWSServiceRoleForEC2Fleet'),
  ];
}

/** A fresh account lacks these roles, and a template that made them would fail wherever they exist. */
function createServiceLinkedRole(service: string, role: string): PolicyStatement {
  return allow(
    ['iam:CreateServiceLinkedRole'],
    [`arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/aws-service-role/${service}/${role}`],
    { StringEquals: { 'iam:AWSServiceName': service } },
  );
}
