import { readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  number,
  physicalName,
  type ResourceContext,
  resourceName,
  resourceType,
  withoutEffect,
} from '../resource-type';
import { TemplateError } from '../template-error';

const rule = resourceType(
  z.strictObject({
    Name: z.string().optional(),
    Description: z.string().optional(),
    EventBusName: z.literal('default').optional(),
    EventPattern: z.record(z.string(), z.unknown()).optional(),
    ScheduleExpression: z.string().optional(),
    State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
    RoleArn: z.string().optional(),
    // Passed on whole: the shape is that of the API, which checks it.
    Targets: z.array(z.looseObject({ Id: z.string(), Arn: z.string() })).default([]),
    Tags: withoutEffect,
  }),
  async (properties, context) => {
    const { dispatch, call } = context;
    const { Name = physicalName(context), EventPattern, Targets, EventBusName: _, Tags: __, ...rest } = properties;
    const pattern = EventPattern ? { EventPattern: JSON.stringify(EventPattern) } : {};
    await dispatch('events', 'PutRule', { Name, ...pattern, ...rest }, call);
    if (Targets.length > 0) await dispatch('events', 'PutTargets', { Rule: Name, Targets }, call);
    return { ref: Name, attributes: { Arn: `arn:aws:events:${context.region}:${context.accountId}:rule/${Name}` } };
  },
);

const stateMachine = resourceType(
  z.strictObject({
    StateMachineName: z.string().optional(),
    StateMachineType: z.literal('STANDARD').optional(),
    RoleArn: z.string(),
    DefinitionString: z.string().optional(),
    Definition: z.record(z.string(), z.unknown()).optional(),
    DefinitionS3Location: z.strictObject({ Bucket: z.string(), Key: z.string() }).optional(),
    DefinitionSubstitutions: z.record(z.string(), z.coerce.string()).default({}),
    LoggingConfiguration: withoutEffect,
    TracingConfiguration: withoutEffect,
    Tags: withoutEffect,
  }),
  async (properties, context) => {
    const name = properties.StateMachineName ?? physicalName(context, { maxLength: 80 });
    const definition = definitionText(properties, context).replace(/\$\{([A-Za-z0-9_]+)\}/g, (whole, key: string) => {
      return properties.DefinitionSubstitutions[key] ?? whole;
    });
    const input = { name, definition, roleArn: properties.RoleArn };
    await context.dispatch('states', 'CreateStateMachine', input, context.call);
    const arn = `arn:aws:states:${context.region}:${context.accountId}:stateMachine:${name}`;
    return { ref: arn, attributes: { Arn: arn, Name: name } };
  },
);

function definitionText(
  given: {
    DefinitionString?: string | undefined;
    Definition?: object | undefined;
    DefinitionS3Location?: { Bucket: string; Key: string } | undefined;
  },
  context: ResourceContext,
): string {
  if (given.DefinitionString !== undefined) return given.DefinitionString;
  if (given.Definition !== undefined) return JSON.stringify(given.Definition);
  if (given.DefinitionS3Location === undefined) throw new TemplateError(resourceName(context), 'it has no definition');
  const { Bucket, Key } = given.DefinitionS3Location;
  return readFileSync(context.assetPath(Bucket, Key), 'utf8');
}

const topic = resourceType(
  z.strictObject({
    TopicName: z.string().optional(),
    DisplayName: z.string().optional(),
    KmsMasterKeyId: withoutEffect,
    Tags: withoutEffect,
  }),
  async (properties, context) => {
    const Name = properties.TopicName ?? physicalName(context, { maxLength: 256 });
    const Attributes =
      properties.DisplayName === undefined ? {} : { Attributes: { DisplayName: properties.DisplayName } };
    await context.dispatch('sns', 'CreateTopic', { Name, ...Attributes }, context.call);
    const arn = `arn:aws:sns:${context.region}:${context.accountId}:${Name}`;
    return { ref: arn, attributes: { TopicArn: arn, TopicName: Name } };
  },
);

const subscription = resourceType(
  z.strictObject({
    TopicArn: z.string(),
    Protocol: z.string(),
    Endpoint: z.string(),
    RawMessageDelivery: z.coerce.string().optional(),
    FilterPolicy: z.record(z.string(), z.unknown()).optional(),
    FilterPolicyScope: z.string().optional(),
  }),
  async (properties, context) => {
    const { TopicArn, Protocol, Endpoint, FilterPolicy, ...rest } = properties;
    const Attributes = { ...rest, ...(FilterPolicy ? { FilterPolicy: JSON.stringify(FilterPolicy) } : {}) };
    const input = { TopicArn, Protocol, Endpoint, Attributes, ReturnSubscriptionArn: true };
    const { SubscriptionArn } = (await context.dispatch('sns', 'Subscribe', input, context.call)) as {
      SubscriptionArn: string;
    };
    return { ref: SubscriptionArn };
  },
);

const QUEUE_NUMBERS = {
  DelaySeconds: number.optional(),
  MaximumMessageSize: number.optional(),
  MessageRetentionPeriod: number.optional(),
  ReceiveMessageWaitTimeSeconds: number.optional(),
  VisibilityTimeout: number.optional(),
};

const queue = resourceType(
  z.strictObject({
    ...QUEUE_NUMBERS,
    QueueName: z.string().optional(),
    RedrivePolicy: z.record(z.string(), z.unknown()).optional(),
    SqsManagedSseEnabled: withoutEffect,
    KmsMasterKeyId: withoutEffect,
    Tags: withoutEffect,
  }),
  async (properties, context) => {
    const { QueueName = physicalName(context, { maxLength: 80 }), RedrivePolicy } = properties;
    const numbers = Object.keys(QUEUE_NUMBERS).flatMap((key) => {
      const value = properties[key as keyof typeof QUEUE_NUMBERS];
      return value === undefined ? [] : [[key, String(value)]];
    });
    const Attributes = {
      ...(Object.fromEntries(numbers) as Record<string, string>),
      ...(RedrivePolicy ? { RedrivePolicy: JSON.stringify(RedrivePolicy) } : {}),
    };
    const { QueueUrl } = (await context.dispatch('sqs', 'CreateQueue', { QueueName, Attributes }, context.call)) as {
      QueueUrl: string;
    };
    const Arn = `arn:aws:sqs:${context.region}:${context.accountId}:${QueueName}`;
    return { ref: QueueUrl, attributes: { Arn, QueueName, QueueUrl } };
  },
);

export const eventTypes = {
  'AWS::Events::Rule': rule,
  'AWS::StepFunctions::StateMachine': stateMachine,
  'AWS::SNS::Topic': topic,
  'AWS::SNS::Subscription': subscription,
  'AWS::SQS::Queue': queue,
};
