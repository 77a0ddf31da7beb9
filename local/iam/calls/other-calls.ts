/** CloudFormation, DynamoDB, ECR, CloudWatch and its logs, prices, quotas, secrets, STS. */
import { secretArn } from '../../services/secrets-manager';
import { ANY, arnIn, one } from './arns';
import type { Account, CallChecks, ServiceCalls } from './service-calls';

const named = (operations: string, check: (action: string) => CallChecks, service: string): ServiceCalls =>
  Object.fromEntries(operations.split(' ').map((operation) => [operation, check(`${service}:${operation}`)]));

const onAny =
  (action: string): CallChecks =>
  () =>
    one(action, ANY);

function tableArn(name: string, account: Account, index?: string): string {
  const table = name.startsWith('arn:') ? name : arnIn(account, 'dynamodb', `table/${name}`);
  return index === undefined ? table : `${table}/index/${index}`;
}

interface ItemInput {
  TableName?: string;
  IndexName?: string;
  Item?: Record<string, { S?: string }>;
  Key?: Record<string, { S?: string }>;
  KeyConditionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, { S?: string }>;
}

const onTable =
  (action: string): CallChecks =>
  (input: ItemInput, account) => {
    const { TableName = '', IndexName } = input;
    const leading = leadingKey(input, account.partitionKey(TableName.split('/').at(-1) ?? '', IndexName));
    const keys = leading === undefined ? {} : { keys: { 'dynamodb:leadingkeys': [leading] } };
    return [{ action, resource: tableArn(TableName, account, IndexName), ...keys }];
  };

/** The partition that the call is about; undefined for a call about a whole table. */
function leadingKey(input: ItemInput, partitionKey: string | undefined): string | undefined {
  const { Item, Key, KeyConditionExpression = '', ExpressionAttributeNames = {}, ExpressionAttributeValues } = input;
  if (partitionKey === undefined) return undefined;
  const [name] = Object.entries(ExpressionAttributeNames).find(([, each]) => each === partitionKey) ?? [partitionKey];
  const placeholder = KeyConditionExpression.split(/\s+AND\s+/i)
    .map((condition) => condition.split('=').map((side) => side.trim()))
    .find(([left]) => left === name)?.[1];
  const value = placeholder === undefined ? undefined : ExpressionAttributeValues?.[placeholder];
  return (value ?? Item?.[partitionKey] ?? Key?.[partitionKey])?.S;
}

const onTables =
  (action: string): CallChecks =>
  ({ RequestItems = {} }: { RequestItems?: object }, account) =>
    Object.keys(RequestItems).flatMap((name) => one(action, tableArn(name, account)));

const dynamodb: ServiceCalls = {
  ...named(
    'CreateTable DeleteTable DescribeTable GetItem PutItem UpdateItem DeleteItem Query Scan',
    onTable,
    'dynamodb',
  ),
  ...named('BatchGetItem BatchWriteItem', onTables, 'dynamodb'),
  ListTables: onAny('dynamodb:ListTables'),
};

interface LogInput {
  logGroupName?: string;
  logGroupIdentifier?: string;
  logStreamName?: string;
}

/** A log group is asked about as the place of its streams. */
const onLogs =
  (action: string): CallChecks =>
  ({ logGroupName, logGroupIdentifier = '', logStreamName = '' }: LogInput, account) => {
    const group = logGroupName ?? logGroupIdentifier.split(':log-group:').at(-1)?.replace(/:\*$/, '');
    return one(action, arnIn(account, 'logs', `log-group:${group}:log-stream:${logStreamName}`));
  };

const logs: ServiceCalls = {
  ...named('CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy', onLogs, 'logs'),
  ...named('CreateLogStream DeleteLogStream DescribeLogStreams PutLogEvents', onLogs, 'logs'),
  ...named('GetLogEvents FilterLogEvents', onLogs, 'logs'),
  DescribeLogGroups: onAny('logs:DescribeLogGroups'),
};

const monitoring: ServiceCalls = {
  PutMetricData: ({ Namespace = '' }: { Namespace?: string }) =>
    one('cloudwatch:PutMetricData', ANY, { 'cloudwatch:namespace': [Namespace] }),
  ...named('ListMetrics GetMetricData', onAny, 'cloudwatch'),
};

const servicequotas: ServiceCalls = {
  GetServiceQuota: ({ ServiceCode = '', QuotaCode = '' }: { ServiceCode?: string; QuotaCode?: string }, account) =>
    one('servicequotas:GetServiceQuota', arnIn(account, 'servicequotas', `${ServiceCode}/${QuotaCode}`)),
  ...named('GetAWSDefaultServiceQuota ListServiceQuotas', onAny, 'servicequotas'),
};

const onSecret =
  (action: string): CallChecks =>
  ({ SecretId, Name }: { SecretId?: string; Name?: string }, account) =>
    one(action, secretArn(account, SecretId ?? Name ?? ''));

const sts: ServiceCalls = {
  // Everybody who has credentials may ask who they are.
  GetCallerIdentity: () => [],
  AssumeRole: ({ RoleArn = '' }: { RoleArn?: string }) => one('sts:AssumeRole', RoleArn),
};

/** A stack is asked about by name or by ARN; its id's last part is not known from its name. */
const onStack =
  (action: string): CallChecks =>
  ({ StackName = '' }: { StackName?: string }, account) =>
    one(action, StackName.startsWith('arn:') ? StackName : arnIn(account, 'cloudformation', `stack/${StackName}/*`));

export const otherCalls: Readonly<Record<string, ServiceCalls>> = {
  cloudformation: named('DescribeStacks ListStackResources', onStack, 'cloudformation'),
  dynamodb,
  // Knows no resource: the password is good for all registries that the caller may use.
  ecr: { GetAuthorizationToken: onAny('ecr:GetAuthorizationToken') },
  logs,
  monitoring,
  secretsmanager: named('CreateSecret PutSecretValue GetSecretValue DeleteSecret', onSecret, 'secretsmanager'),
  servicequotas,
  sts,
  pricing: { GetProducts: onAny('pricing:GetProducts') },
};
