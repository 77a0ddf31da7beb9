/**
 * One function of the control plane: bundled with its SDK (the runtime's own changes under our feet and starts slower),
 * with a role and a log group of its own. No reserved concurrency: accounts with a limit of 10 could not deploy it;
 * passes that must not overlap take a lock.
 */
import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionName } from '../core/env';
import { PROJECT_ROOT } from './project-root';

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

/** Dependencies that are CommonJS call require, which ES modules do not have. */
const REQUIRE_BANNER = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** An event older than this has been made good by reconcile. */
const MAX_EVENT_AGE_MINUTES = 60;

export class ControlFunction extends Construct {
  readonly lambda: NodejsFunction;

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
    this.lambda = new NodejsFunction(this, 'Function', {
      description: props.description,
      entry: join(PROJECT_ROOT, 'lambdas', props.functionName, 'handler.ts'),
      projectRoot: PROJECT_ROOT,
      depsLockFilePath: join(PROJECT_ROOT, 'package-lock.json'),
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
      awsSdkConnectionReuse: false,
      bundling: {
        bundleAwsSDK: true,
        minify: true,
        keepNames: true,
        sourceMap: true,
        sourcesContent: false,
        logLevel: LogLevel.WARNING,
        format: OutputFormat.ESM,
        mainFields: ['module', 'main'],
        // The local cloud runs the same bundle on the Node that is there.
        target: 'node20',
        banner: REQUIRE_BANNER,
      },
      ...(props.failures === undefined ? {} : this.#asynchronous(props.failures)),
    });
  }

  #asynchronous({ queue, retries }: NonNullable<ControlFunctionProps['failures']>) {
    return { deadLetterQueue: queue, retryAttempts: retries, maxEventAge: Duration.minutes(MAX_EVENT_AGE_MINUTES) };
  }
}
