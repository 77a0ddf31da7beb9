/** The state machine: statemachines/training-job.asl.json with the functions' ARNs put in by CloudFormation. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemovalPolicy } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { allow } from './grants';
import { PROJECT_ROOT } from './project-root';

export interface TrainingMachineProps {
  /** By the placeholder's name in the definition, e.g. PlanJobFunction. */
  readonly functions: Readonly<Record<string, IFunction>>;
  /** X-Ray traces; costs per trace. */
  readonly tracing: boolean;
}

export class TrainingMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { functions, tracing }: TrainingMachineProps) {
    super(scope, id);
    const definition: unknown = JSON.parse(
      readFileSync(join(PROJECT_ROOT, 'statemachines', 'training-job.asl.json'), 'utf8'),
    );
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineType: StateMachineType.STANDARD,
      comment: 'runctl training job',
      definitionBody: DefinitionBody.fromString(JSON.stringify(definition)),
      definitionSubstitutions: Object.fromEntries(
        Object.entries(functions).map(([name, { functionArn }]) => [name, functionArn]),
      ),
      tracingEnabled: tracing,
      logs: {
        destination: new LogGroup(this, 'Logs', {
          retention: RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ERROR,
        // Task tokens and users' environment variables are in it.
        includeExecutionData: false,
      },
    });
    this.stateMachine.addToRolePolicy(
      allow(
        ['lambda:InvokeFunction'],
        Object.values(functions).map(({ functionArn }) => functionArn),
      ),
    );
  }
}
