/**
 * Which AWS services the gateway speaks for, and their operations' shapes: those that the AWS SDK carries at run time
 * (`Publish$` and the like), so that no wire format is written down here. A client package is loaded on the first
 * call of its service (client-ec2 alone takes about 0.3 s).
 */
import type { StaticErrorSchema, StaticOperationSchema } from '@smithy/types';

export type ProtocolName = 'awsJson1_0' | 'awsJson1_1' | 'awsQuery' | 'ec2Query' | 'restJson';

interface ServiceDescription {
  protocol: ProtocolName;
  /** The part of X-Amz-Target before the dot. */
  targetPrefix?: string;
  /** Of XML answers; a service with one also answers form-encoded (query) calls of old clients. */
  xmlNamespace?: string;
  /** JSON answers carry the query protocol's error codes in a header: clients of before the switch branch on them. */
  queryCompatible?: boolean;
  load(): Promise<object>;
}

const DESCRIPTIONS: Readonly<Record<string, ServiceDescription>> = {
  ec2: {
    protocol: 'ec2Query',
    xmlNamespace: 'http://ec2.amazonaws.com/doc/2016-11-15/',
    load: () => import('@aws-sdk/client-ec2'),
  },
  sns: {
    protocol: 'awsQuery',
    xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
    load: () => import('@aws-sdk/client-sns'),
  },
  cloudformation: {
    protocol: 'awsQuery',
    xmlNamespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
    load: () => import('@aws-sdk/client-cloudformation'),
  },
  sts: {
    protocol: 'awsQuery',
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    load: () => import('@aws-sdk/client-sts'),
  },
  sqs: {
    protocol: 'awsJson1_0',
    targetPrefix: 'AmazonSQS',
    queryCompatible: true,
    load: () => import('@aws-sdk/client-sqs'),
  },
  states: { protocol: 'awsJson1_0', targetPrefix: 'AWSStepFunctions', load: () => import('@aws-sdk/client-sfn') },
  ssm: { protocol: 'awsJson1_1', targetPrefix: 'AmazonSSM', load: () => import('@aws-sdk/client-ssm') },
  logs: {
    protocol: 'awsJson1_1',
    targetPrefix: 'Logs_20140328',
    load: () => import('@aws-sdk/client-cloudwatch-logs'),
  },
  events: { protocol: 'awsJson1_1', targetPrefix: 'AWSEvents', load: () => import('@aws-sdk/client-eventbridge') },
  servicequotas: {
    protocol: 'awsJson1_1',
    targetPrefix: 'ServiceQuotasV20190624',
    load: () => import('@aws-sdk/client-service-quotas'),
  },
  secretsmanager: {
    protocol: 'awsJson1_1',
    targetPrefix: 'secretsmanager',
    load: () => import('@aws-sdk/client-secrets-manager'),
  },
  ecr: {
    protocol: 'awsJson1_1',
    targetPrefix: 'AmazonEC2ContainerRegistry_V20150921',
    load: () => import('@aws-sdk/client-ecr'),
  },
  pricing: {
    protocol: 'awsJson1_1',
    targetPrefix: 'AWSPriceListService',
    load: () => import('@aws-sdk/client-pricing'),
  },
  monitoring: {
    protocol: 'awsJson1_0',
    targetPrefix: 'GraniteServiceVersion20100801',
    xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
    queryCompatible: true,
    load: () => import('@aws-sdk/client-cloudwatch'),
  },
  lambda: { protocol: 'restJson', load: () => import('@aws-sdk/client-lambda') },
};

/** One service's shapes, loaded. */
export interface ServiceModel {
  readonly serviceId: string;
  readonly protocol: ProtocolName;
  readonly xmlNamespace: string;
  readonly queryCompatible: boolean;
  readonly operations: ReadonlyMap<string, StaticOperationSchema>;
  /** By the error's shape name, e.g. QueueDoesNotExist. */
  readonly errors: ReadonlyMap<string, StaticErrorSchema>;
}

/** smithy's own numbers for what kind of shape an array is (`@smithy/types`, schema/static-schemas). */
const OPERATION_SHAPE = 9;
const ERROR_SHAPE = -3;

const loaded = new Map<string, Promise<ServiceModel>>();

/** Undefined for a service that the gateway has no shapes for. */
export function loadModel(serviceId: string): Promise<ServiceModel> | undefined {
  const known = loaded.get(serviceId);
  if (known) return known;
  const description = Object.hasOwn(DESCRIPTIONS, serviceId) ? DESCRIPTIONS[serviceId] : undefined;
  if (!description) return undefined;
  const model = readModel(serviceId, description);
  loaded.set(serviceId, model);
  return model;
}

/** The service that an X-Amz-Target header's prefix stands for. */
export function serviceOfTarget(targetPrefix: string): string | undefined {
  if (targetPrefix === 'DynamoDB_20120810') return 'dynamodb';
  return Object.keys(DESCRIPTIONS).find((id) => DESCRIPTIONS[id]?.targetPrefix === targetPrefix);
}

async function readModel(serviceId: string, description: ServiceDescription): Promise<ServiceModel> {
  const operations = new Map<string, StaticOperationSchema>();
  const errors = new Map<string, StaticErrorSchema>();
  for (const exported of Object.values(await description.load())) {
    if (!Array.isArray(exported)) continue;
    if (exported[0] === OPERATION_SHAPE) operations.set(String(exported[2]), exported as StaticOperationSchema);
    if (exported[0] === ERROR_SHAPE) errors.set(String(exported[2]), exported as unknown as StaticErrorSchema);
  }
  return {
    serviceId,
    protocol: description.protocol,
    xmlNamespace: description.xmlNamespace ?? '',
    queryCompatible: description.queryCompatible ?? false,
    operations,
    errors,
  };
}
