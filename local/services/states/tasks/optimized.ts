import { StateFailure } from '../engine/failure';
import { isObject, type Json, type JsonObject, Payload, toJson } from '../json';
import type { Integration } from './integration';
import { firstUpper } from './member-names';
import { httpMetadata } from './metadata';
import { resourceName, type TaskPattern } from './resource-name';
import { type ErrorStyle, serviceFailure } from './service-errors';
import { callContext } from './task-services';

interface OptimizedService {
  serviceId: string;
  errors: ErrorStyle;
  operations: readonly string[];
  /** Operations that may wait for a token. */
  callbacks?: readonly string[];
  /** Members whose objects travel as JSON text. */
  textMembers?: readonly string[];
}

/** `arn:aws:states:::<service>:<operation>`, as far as supported; Lambda has its own file. */
const SERVICES: Readonly<Record<string, OptimizedService>> = {
  sqs: {
    serviceId: 'sqs',
    errors: { prefix: 'SQS', legacyServiceName: 'AmazonSQS', generic: 'AmazonSQSException' },
    operations: ['sendMessage'],
    callbacks: ['sendMessage'],
    textMembers: ['MessageBody'],
  },
  sns: {
    serviceId: 'sns',
    errors: { prefix: 'SNS', legacyServiceName: 'AmazonSNS', generic: 'AmazonSNSException' },
    operations: ['publish'],
    callbacks: ['publish'],
    textMembers: ['Message'],
  },
  events: {
    serviceId: 'events',
    errors: { prefix: 'EventBridge', legacyServiceName: 'AmazonEventBridge', generic: 'AmazonEventBridgeException' },
    operations: ['putEvents'],
    callbacks: ['putEvents'],
  },
  dynamodb: {
    serviceId: 'dynamodb',
    errors: { prefix: 'DynamoDB', legacyServiceName: 'AmazonDynamoDBv2', generic: 'AmazonDynamoDBException' },
    operations: ['getItem', 'putItem', 'updateItem', 'deleteItem'],
  },
};

export function optimizedIntegration(name: string, operation: string, pattern: TaskPattern): Integration | undefined {
  if (pattern?.startsWith('sync')) return undefined;
  const waitsForToken = pattern === 'waitForTaskToken';
  const service = SERVICES[name];
  const allowed = waitsForToken ? service?.callbacks : service?.operations;
  if (!service || !allowed?.includes(operation)) return undefined;
  return {
    names: { resourceType: name, resource: resourceName(operation, pattern) },
    waitsForToken,
    label: name,
    call: async ({ value }, call) => {
      const apiOperation = firstUpper(operation);
      const input = withTextMembers(value, service);
      try {
        const result = await call.services.dispatch(service.serviceId, apiOperation, input, callContext(call));
        const { $metadata: _metadata, ...members } = result as Record<string, unknown>;
        const output = toJson(members) as JsonObject;
        if (Number(output['FailedEntryCount']) > 0)
          throw new StateFailure('EventBridge.FailedEntry', JSON.stringify(output));
        return new Payload({
          ...output,
          ...httpMetadata(call.requestId, { 'Content-Type': 'application/x-amz-json-1.0' }),
        });
      } catch (error) {
        throw serviceFailure(error, service.errors, call.requestId);
      }
    },
  };
}

function withTextMembers(parameters: Json, service: OptimizedService): JsonObject {
  const input: JsonObject = isObject(parameters) ? { ...parameters } : {};
  for (const member of service.textMembers ?? []) {
    if (input[member] !== undefined) input[member] = asText(input[member]);
  }
  if (service.serviceId === 'events' && Array.isArray(input['Entries'])) {
    input['Entries'] = input['Entries'].map((entry) =>
      isObject(entry) && entry['Detail'] !== undefined ? { ...entry, Detail: asText(entry['Detail']) } : entry,
    );
  }
  return input;
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
