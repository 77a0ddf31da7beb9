import { isObject, type Json, type JsonObject, Payload, toJson } from '../json';
import type { Integration } from './integration';
import { firstLower, firstUpper, renameMembers } from './member-names';
import { resourceName, type TaskPattern } from './resource-name';
import { type ErrorStyle, serviceFailure } from './service-errors';
import { callContext } from './task-services';

interface SdkService {
  serviceId: string;
  errors: ErrorStyle;
  /** Members begin with a small letter in the API; in a state machine they never do. */
  lowerCamel?: boolean;
  /** Members whose objects travel as JSON text. */
  textMembers?: readonly string[];
}

function modeled(serviceId: string, prefix: string, options: Partial<SdkService> = {}): SdkService {
  return { serviceId, errors: { prefix, generic: `${prefix}Exception` }, ...options };
}

/** `arn:aws:states:::aws-sdk:<service>:<operation>`: the names of the SDK for Java v2, and the local services behind them. */
const SERVICES: Readonly<Record<string, SdkService>> = {
  cloudwatch: modeled('monitoring', 'CloudWatch'),
  cloudwatchlogs: modeled('logs', 'CloudWatchLogs', { lowerCamel: true }),
  dynamodb: modeled('dynamodb', 'DynamoDb'),
  ec2: modeled('ec2', 'Ec2', { errors: { prefix: 'Ec2', generic: 'Ec2Exception', hasNoModeledErrors: true } }),
  eventbridge: modeled('events', 'EventBridge'),
  lambda: modeled('lambda', 'Lambda'),
  pricing: modeled('pricing', 'Pricing'),
  s3: modeled('s3', 'S3'),
  servicequotas: modeled('servicequotas', 'ServiceQuotas'),
  sfn: modeled('states', 'Sfn', { lowerCamel: true, textMembers: ['Input', 'Output'] }),
  sns: modeled('sns', 'Sns'),
  sqs: modeled('sqs', 'Sqs'),
  ssm: modeled('ssm', 'Ssm'),
  sts: modeled('sts', 'Sts'),
};

export function awsSdkIntegration(name: string, operation: string, pattern: TaskPattern): Integration | undefined {
  const service = SERVICES[name];
  if (!service || pattern?.startsWith('sync')) return undefined;
  return {
    names: { resourceType: `aws-sdk:${name}`, resource: resourceName(operation, pattern) },
    waitsForToken: pattern === 'waitForTaskToken',
    label: `aws-sdk:${name}`,
    call: async ({ value }, call) => {
      const apiOperation = firstUpper(operation);
      try {
        const input = request(value, service);
        const result = await call.services.dispatch(service.serviceId, apiOperation, input, callContext(call));
        return new Payload(response(result, service));
      } catch (error) {
        throw serviceFailure(error, service.errors, call.requestId);
      }
    },
  };
}

function request(parameters: Json, service: SdkService): JsonObject {
  const input: JsonObject = isObject(parameters) ? { ...parameters } : {};
  for (const member of service.textMembers ?? []) {
    const value = input[member];
    if (value !== undefined && typeof value !== 'string') input[member] = JSON.stringify(value);
  }
  return service.lowerCamel ? (renameMembers(input, firstLower) as JsonObject) : input;
}

function response(result: object, service: SdkService): Json {
  const { $metadata: _metadata, ...members } = result as Record<string, unknown>;
  const output = toJson(members);
  return service.lowerCamel ? renameMembers(output, firstUpper) : output;
}
