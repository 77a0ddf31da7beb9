import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  boolean,
  nameFromArn,
  number,
  physicalName,
  type ResourceContext,
  resourceType,
  withoutEffect,
} from '../resource-type';

const target = z.strictObject({ TargetArn: z.string() });
const destination = z.strictObject({ Destination: z.string() });

const lambdaFunction = resourceType(
  z.strictObject({
    FunctionName: z.string().optional(),
    Code: z.union([
      z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
      z.strictObject({ ZipFile: z.string() }),
    ]),
    Handler: z.string(),
    Runtime: z.string().regex(/^nodejs/, 'only Node.js functions run on the local cloud'),
    Role: z.string(),
    Timeout: number.default(3),
    MemorySize: number.default(128),
    Description: z.string().default(''),
    Architectures: z.array(z.string()).default(['x86_64']),
    Environment: z.strictObject({ Variables: z.record(z.string(), z.coerce.string()).default({}) }).optional(),
    LoggingConfig: z
      .strictObject({
        LogGroup: z.string().optional(),
        LogFormat: z.enum(['Text', 'JSON']).default('Text'),
        ApplicationLogLevel: withoutEffect,
        SystemLogLevel: withoutEffect,
      })
      .optional(),
    DeadLetterConfig: target.optional(),
    EphemeralStorage: withoutEffect,
    TracingConfig: withoutEffect,
    Tags: withoutEffect,
  }),
  (properties, context) => {
    const name = properties.FunctionName ?? physicalName(context);
    const arn = `arn:aws:lambda:${context.region}:${context.accountId}:function:${name}`;
    context.lambda.createFunction({
      name,
      arn,
      description: properties.Description,
      handler: properties.Handler,
      runtime: properties.Runtime,
      architecture: properties.Architectures[0] ?? 'x86_64',
      codeDir: codeFolder(properties.Code, context),
      roleName: nameFromArn(properties.Role),
      timeoutSeconds: properties.Timeout,
      memoryMiB: properties.MemorySize,
      environment: properties.Environment?.Variables ?? {},
      logGroupName: properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
      logFormat: properties.LoggingConfig?.LogFormat ?? 'Text',
      ...(properties.DeadLetterConfig ? { deadLetterArn: properties.DeadLetterConfig.TargetArn } : {}),
    });
    return { ref: name, attributes: { Arn: arn } };
  },
);

/** Inline code becomes index.js, as on Lambda. */
function codeFolder(code: { S3Bucket: string; S3Key: string } | { ZipFile: string }, context: ResourceContext): string {
  if ('S3Bucket' in code) return context.assetPath(code.S3Bucket, code.S3Key);
  const folder = join(context.scratchDir, context.logicalId);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.js'), code.ZipFile);
  return folder;
}

const eventInvokeConfig = resourceType(
  z.strictObject({
    FunctionName: z.string(),
    Qualifier: z.literal('$LATEST'),
    MaximumRetryAttempts: number.optional(),
    MaximumEventAgeInSeconds: number.optional(),
    DestinationConfig: z
      .strictObject({ OnFailure: destination.optional(), OnSuccess: destination.optional() })
      .optional(),
  }),
  (properties, context) => {
    const { MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig } = properties;
    context.lambda.setEventInvokeConfig(properties.FunctionName, {
      ...(MaximumRetryAttempts === undefined ? {} : { maximumRetryAttempts: MaximumRetryAttempts }),
      ...(MaximumEventAgeInSeconds === undefined ? {} : { maximumEventAgeSeconds: MaximumEventAgeInSeconds }),
      ...(DestinationConfig?.OnFailure ? { onFailureArn: DestinationConfig.OnFailure.Destination } : {}),
      ...(DestinationConfig?.OnSuccess ? { onSuccessArn: DestinationConfig.OnSuccess.Destination } : {}),
    });
    return { ref: physicalName(context) };
  },
);

const logGroup = resourceType(
  z.strictObject({
    LogGroupName: z.string().optional(),
    LogGroupClass: withoutEffect,
    RetentionInDays: withoutEffect,
    DeletionProtectionEnabled: boolean.optional(),
    Tags: withoutEffect,
  }),
  async (properties, context) => {
    const { dispatch, call } = context;
    const name = properties.LogGroupName ?? physicalName(context);
    await dispatch('logs', 'CreateLogGroup', { logGroupName: name }, call).catch((error: unknown) => {
      // Kept from an earlier run.
      if (!(error instanceof Error) || error.name !== 'ResourceAlreadyExistsException') throw error;
    });
    const arn = `arn:aws:logs:${context.region}:${context.accountId}:log-group:${name}:*`;
    return { ref: name, attributes: { Arn: arn } };
  },
);

export const lambdaTypes = {
  'AWS::Lambda::Function': lambdaFunction,
  'AWS::Lambda::EventInvokeConfig': eventInvokeConfig,
  'AWS::Logs::LogGroup': logGroup,
};
