import type { LambdaFunction } from './lambda-function';

/** A function's FunctionConfiguration, as ListFunctions and GetFunction show it. */
export function describeFunction(definition: LambdaFunction): object {
  const [, , , , accountId = ''] = definition.arn.split(':');
  return {
    FunctionName: definition.name,
    FunctionArn: definition.arn,
    Description: definition.description,
    Runtime: definition.runtime,
    Handler: definition.handler,
    Role: `arn:aws:iam::${accountId}:role/${definition.roleName}`,
    Timeout: definition.timeoutSeconds,
    MemorySize: definition.memoryMiB,
    Architectures: [definition.architecture],
    PackageType: 'Zip',
    Version: '$LATEST',
    State: 'Active',
    LastUpdateStatus: 'Successful',
    Environment: { Variables: definition.environment },
    LoggingConfig: { LogFormat: definition.logFormat, LogGroup: definition.logGroupName },
    ...(definition.deadLetterArn ? { DeadLetterConfig: { TargetArn: definition.deadLetterArn } } : {}),
  };
}
