/** What the clock calls, and how often. A pass that failed is not retried: the next one is a better retry. */
import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { ScheduledFunction } from './functions';

interface Timing {
  readonly schedule: Schedule;
  readonly description: string;
}

export const TIMINGS: Readonly<Record<ScheduledFunction, Timing>> = {
  'track-costs': {
    schedule: Schedule.rate(Duration.minutes(5)),
    description: 'Computes costs to date, budgets and metrics',
  },
  reconcile: {
    schedule: Schedule.rate(Duration.minutes(1)),
    description: 'Reconciles sessions with what EC2, S3 and Step Functions say',
  },
  'reap-zombies': {
    schedule: Schedule.rate(Duration.minutes(10)),
    description: 'Ends what no session accounts for, and old checkpoints',
  },
};

export interface SchedulesProps {
  readonly functions: Readonly<Record<ScheduledFunction, IFunction>>;
  /** Takes calls that could not be delivered. */
  readonly deadLetterQueue: IQueue;
}

export class Schedules extends Construct {
  constructor(scope: Construct, id: string, { functions, deadLetterQueue }: SchedulesProps) {
    super(scope, id);
    for (const [name, timing] of Object.entries(TIMINGS)) {
      new Rule(this, name, {
        ...timing,
        targets: [
          new LambdaFunction(functions[name as ScheduledFunction], {
            deadLetterQueue,
            retryAttempts: 0,
            maxEventAge: Duration.minutes(1),
          }),
        ],
      });
    }
  }
}
