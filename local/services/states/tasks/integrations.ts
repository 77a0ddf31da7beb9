import { awsSdkIntegration } from './aws-sdk';
import type { Integration } from './integration';
import { functionIntegration, invokeIntegration } from './lambda';
import { optimizedIntegration } from './optimized';
import type { TaskPattern } from './resource-name';
import { startExecutionIntegration } from './start-execution';

/** A Resource that AWS knows and the local cloud does not, or that nobody knows. */
export class UnknownResource extends Error {
  constructor(
    readonly resource: string,
    readonly existsOnAws: boolean,
  ) {
    super(`Task resource ${resource}`);
  }
}

const FUNCTION_ARN = /^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/;
const SERVICE_ARN = /^arn:aws[\w-]*:states:[\w-]*:\d*:(?:(aws-sdk):)?([\w-]+):([\w]+)(?:\.([\w:]+))?$/;
/** Services with optimized integrations on AWS that the local cloud does not have. */
const ELSEWHERE = new Set(
  (
    'apigateway athena batch bedrock codebuild databrew ecs eks elasticmapreduce emr-containers emr-serverless glue ' +
    'http mediaconvert sagemaker'
  ).split(' '),
);
const cache = new Map<string, Integration>();

/**
 * The integration behind a Task's Resource.
 * @throws UnknownResource
 */
export function integrationOf(resource: string): Integration {
  let integration = cache.get(resource);
  if (!integration) {
    integration = resolve(resource);
    cache.set(resource, integration);
  }
  return integration;
}

function resolve(resource: string): Integration {
  if (FUNCTION_ARN.test(resource)) return functionIntegration(resource);
  const [, sdk, service = '', operation = '', suffix] = SERVICE_ARN.exec(resource) ?? [];
  if (!service || service === 'activity') throw new UnknownResource(resource, service === 'activity');
  if (!isPattern(suffix)) throw new UnknownResource(resource, false);
  const integration = sdk ? awsSdkIntegration(service, operation, suffix) : optimized(service, operation, suffix);
  if (!integration) throw new UnknownResource(resource, sdk !== undefined || ELSEWHERE.has(service) || isJob(suffix));
  return integration;
}

function optimized(service: string, operation: string, pattern: TaskPattern): Integration | undefined {
  if (service === 'lambda' && operation === 'invoke') return invokeIntegration(pattern);
  if (service === 'states' && operation === 'startExecution') return startExecutionIntegration(pattern);
  return optimizedIntegration(service, operation, pattern);
}

const isJob = (pattern: TaskPattern): boolean => pattern === 'sync' || pattern === 'sync:2';

function isPattern(suffix: string | undefined): suffix is TaskPattern {
  return suffix === undefined || suffix === 'waitForTaskToken' || suffix === 'sync' || suffix === 'sync:2';
}
