/**
 * The control plane's alarms on itself. Each costs $0.10 a month, so that one watches whatever one can: failures are
 * counted by a metric without a dimension, and everything asynchronous that failed for good is in the one queue.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { METRIC, METRICS_NAMESPACE } from '../core/metrics';
import type { ScheduledFunction } from './functions';
import { TIMINGS } from './schedules';

export interface AlarmsProps {
  readonly topic: ITopic;
  readonly deadLetterQueue: IQueue;
  readonly scheduled: Readonly<Record<ScheduledFunction, IFunction>>;
}

/** One failure is retried by whoever called; three in a quarter of an hour are more than a passing trouble. */
const FAILURES = 3;
const FAILURES_WITHIN = Duration.minutes(15);

interface Watch {
  readonly metric: IMetric;
  readonly description: string;
  readonly threshold: number;
  readonly isBelow?: boolean;
  readonly periods?: number;
}

export class Alarms extends Construct {
  readonly alarms: Alarm[];

  constructor(scope: Construct, id: string, { topic, deadLetterQueue, scheduled }: AlarmsProps) {
    super(scope, id);
    const action = new SnsAction(topic);
    const watches = { ...ofTheWhole(deadLetterQueue), ...ofSchedules(scheduled) };
    this.alarms = Object.entries(watches).map(([name, watch]) => this.#create(name, watch));
    for (const alarm of this.alarms) alarm.addAlarmAction(action);
  }

  #create(name: string, { metric, description, threshold, isBelow = false, periods = 1 }: Watch): Alarm {
    return new Alarm(this, name, {
      // It is the subject of its mail.
      alarmName: `${Stack.of(this).stackName}-${name}`,
      metric,
      alarmDescription: description,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: isBelow
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // A metric of failures has no value while nothing fails; a function that does not run has none either.
      treatMissingData: isBelow ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
  }
}

function ofTheWhole(deadLetterQueue: IQueue): Record<string, Watch> {
  return {
    DeadLetters: {
      metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: Duration.minutes(5),
      }),
      threshold: 1,
      description:
        'runctl: events or invocations failed for good and lie in the dead-letter queue. reconcile makes good what an event did not do; read the messages (aws sqs receive-message) to see what failed, then delete them.',
    },
    InvocationFailures: {
      metric: own(METRIC.invocationFailures, FAILURES_WITHIN),
      threshold: FAILURES,
      description: `runctl: functions of the control plane failed ${FAILURES} times within ${FAILURES_WITHIN.toMinutes()} minutes. Running instances go on under their lease (30 minutes); look for "Invocation failed" in the functions’ logs.`,
    },
    ZombiesFound: {
      metric: own(METRIC.zombiesFound, Duration.minutes(15), { service: 'reap-zombies' }),
      threshold: 1,
      description:
        'runctl: reap-zombies found instances or volumes that no session accounts for. Its report, on the same topic, says which, what they cost and what was done.',
    },
  };
}

function own(metricName: string, period: Duration, dimensionsMap: Record<string, string> = {}): Metric {
  return new Metric({ namespace: METRICS_NAMESPACE, metricName, statistic: 'Sum', period, dimensionsMap });
}

function ofSchedules(scheduled: AlarmsProps['scheduled']): Record<string, Watch> {
  const watches = Object.entries(TIMINGS).map(([name, { missed }]): [string, Watch] => [
    `${name}-missed`,
    {
      metric: scheduled[name as ScheduledFunction].metricInvocations({ statistic: 'Sum', period: missed.period }),
      threshold: 1,
      isBelow: true,
      periods: missed.periods,
      description: `runctl: ${name} has not run when it should have. Is its rule in EventBridge enabled, and can Lambda run it? In a stack that was just deployed this ends with its first run.`,
    },
  ]);
  return Object.fromEntries(watches);
}
