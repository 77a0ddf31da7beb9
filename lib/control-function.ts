/**
 * One function of the control plane, with a role and a log group of its own. No reserved concurrency: accounts with a
 * limit of 10 could not deploy it; passes that must not overlap take a lock.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionName } from '../core/env';
import { functionBundle } from './bundles';

export interface ControlFunctionProps {
  /** Its handler is lambdas/<functionName>/handler.ts. */
  readonly functionName: FunctionName;
  readonly description: string;
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly statements: readonly PolicyStatement[];
  /** Of a function that is called asynchronously: where events go that it failed on after `retries`. */
  readonly failures?: { readonly queue: IQueue; readonly retries: 0 | 1 | 2 };
}

/** An event older than this has been made good by reconcile. */
const MAX_EVENT_AGE_MINUTES = 60;

export class ControlFunction extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: ControlFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `runctl ${props.functionName}`,
    });
    logGroup.grantWrite(role);
    for (const statement of props.statements) role.addToPolicy(statement);
    this.lambda = new LambdaFunction(this, 'Function', {
      description: props.description,
      code: Code.fromAsset(functionBundle(props.functionName)),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMiB,
      timeout: Duration.seconds(props.timeoutSeconds),
      role,
      logGroup,
      environment: {
        ...props.environment,
        POWERTOOLS_SERVICE_NAME: props.functionName,
        NODE_OPTIONS: '--enable-source-maps',
      },
      ...(props.failures === undefined ? {} : this.#asynchronous(props.failures)),
    });
  }

  #asynchronous({ queue, retries }: NonNullable<ControlFunctionProps['failures']>) {
    return { deadLetterQueue: queue, retryAttempts: retries, maxEventAge: Duration.minutes(MAX_EVENT_AGE_MINUTES) };
  }
}
