/** What the clock calls, and how often. A pass that failed is not retried where the next one is near. */
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
  /** An alarm says that it did not run when it has not for `periods` of these, one after another. */
  readonly missed: { readonly period: Duration; readonly periods: number };
  /** How long a call that could not be delivered is tried again. Default: not at all, the next pass is near. */
  readonly retryFor?: Duration;
}

export const TIMINGS: Readonly<Record<ScheduledFunction, Timing>> = {
  'track-costs': {
    schedule: Schedule.rate(Duration.minutes(5)),
    description: 'Computes costs to date, budgets and metrics',
    missed: { period: Duration.minutes(15), periods: 2 },
  },
  reconcile: {
    schedule: Schedule.rate(Duration.minutes(1)),
    description: 'Reconciles sessions with what EC2, S3 and Step Functions say',
    missed: { period: Duration.minutes(5), periods: 3 },
  },
  'report-costs': {
    schedule: Schedule.cron({ minute: '0', hour: '6' }),
    description: 'Reports what training has cost',
    // Periods of less than a day: a run that is a minute later than yesterday's must not count as missed.
    missed: { period: Duration.hours(6), periods: 5 },
    retryFor: Duration.hours(1),
  },
  'reap-zombies': {
    schedule: Schedule.rate(Duration.minutes(10)),
    description: 'Ends what no session accounts for, and old checkpoints',
    missed: { period: Duration.hours(1), periods: 1 },
  },
};

const RETRIES = 10;

export interface SchedulesProps {
  readonly functions: Readonly<Record<ScheduledFunction, IFunction>>;
  /** Takes calls that could not be delivered. */
  readonly deadLetterQueue: IQueue;
}

export class Schedules extends Construct {
  constructor(scope: Construct, id: string, { functions, deadLetterQueue }: SchedulesProps) {
    super(scope, id);
    for (const [name, { schedule, description, retryFor }] of Object.entries(TIMINGS)) {
      new Rule(this, name, {
        schedule,
        description,
        targets: [
          new LambdaFunction(functions[name as ScheduledFunction], {
            deadLetterQueue,
            retryAttempts: retryFor === undefined ? 0 : RETRIES,
            maxEventAge: retryFor ?? Duration.minutes(1),
          }),
        ],
      });
    }
  }
}
