/** A state machine: a definition of statemachines/ with the functions' ARNs put in by CloudFormation. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemovalPolicy } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { allow } from './grants';
import { PROJECT_ROOT } from './project-root';

export interface MachineProps {
  /** `statemachines/<definition>.asl.json` */
  readonly definition: 'training-job' | 'replacement';
  readonly comment: string;
  /** By the placeholder's name in the definition, e.g. PlanJobFunction; those that it has no place for are left out. */
  readonly functions: Readonly<Record<string, IFunction>>;
  /** X-Ray traces; costs per trace. */
  readonly tracing: boolean;
}

export class Machine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { definition, comment, functions, tracing }: MachineProps) {
    super(scope, id);
    const text = readFileSync(join(PROJECT_ROOT, 'statemachines', `${definition}.asl.json`), 'utf8');
    const called = Object.entries(functions).filter(([name]) => text.includes(`\${${name}}`));
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineType: StateMachineType.STANDARD,
      comment,
      definitionBody: DefinitionBody.fromString(JSON.stringify(JSON.parse(text))),
      definitionSubstitutions: Object.fromEntries(called.map(([name, { functionArn }]) => [name, functionArn])),
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
        called.map(([, { functionArn }]) => functionArn),
      ),
    );
  }
}
