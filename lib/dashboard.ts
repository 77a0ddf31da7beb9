/**
 * What runs, what it costs and whether the control plane is well, on one page. An account's first three dashboards, of
 * at most 50 metrics each, are free (https://aws.amazon.com/cloudwatch/pricing/); a further one is $3 a month, and the
 * setting `dashboard: false` leaves it out.
 */
import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  MathExpression,
  Metric,
  SingleValueWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { METRIC, METRICS_NAMESPACE } from '../core/metrics';

export interface ControlDashboardProps {
  readonly alarms: Alarm[];
  readonly deadLetterQueue: IQueue;
}

const HEIGHT = 6;
/** Of the 24 columns. */
const [THIRD, HALF, WHOLE] = [8, 12, 24];
/** How often track-costs writes. */
const COST_PERIOD = Duration.minutes(5);

const GUIDE = `**runctl** · spend and instances come from track-costs, every five minutes while something runs: no line means that nothing runs. What each session cost stands in its receipt and in the daily report (\`reports/\` in the bucket).`;

export class ControlDashboard extends Construct {
  constructor(scope: Construct, id: string, { alarms, deadLetterQueue }: ControlDashboardProps) {
    super(scope, id);
    new Dashboard(this, 'Dashboard', {
      defaultInterval: Duration.days(7),
      widgets: [
        [new TextWidget({ markdown: GUIDE, width: WHOLE, height: 2 })],
        [now('Now', [METRIC.usdPerHour, METRIC.monthToDateUsd, METRIC.runningInstances, METRIC.openSessions])],
        [
          graph('Spend, USD per hour', THIRD, [gauge(METRIC.usdPerHour)]),
          graph('Month to date by project, USD', THIRD, [byProject()]),
          graph('Instances and sessions', THIRD, [gauge(METRIC.runningInstances), gauge(METRIC.openSessions)]),
        ],
        [
          graph('Failures of the control plane', HALF, [
            count(METRIC.invocationFailures),
            deadLetterQueue.metricApproximateNumberOfMessagesVisible({ label: 'Dead letters' }),
          ]),
          new AlarmStatusWidget({
            title: 'Alarms',
            alarms: alarms.map((alarm) => this.#byName(alarm)),
            width: HALF,
            height: HEIGHT,
          }),
        ],
      ],
    });
  }

  /** Emulators of AWS that know no alarms can still resolve an ARN that is made of the name. */
  #byName(alarm: Alarm): IAlarm {
    return Alarm.fromAlarmName(this, alarm.node.id, alarm.alarmName);
  }
}

function now(title: string, names: readonly string[]): SingleValueWidget {
  return new SingleValueWidget({
    title,
    metrics: names.map(gauge),
    width: WHOLE,
    height: 3,
    setPeriodToTimeRange: false,
  });
}

function graph(title: string, width: number, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, width, height: HEIGHT, left, leftYAxis: { min: 0 } });
}

function gauge(metricName: string): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { service: 'track-costs' },
    statistic: 'Maximum',
    period: COST_PERIOD,
  });
}

function count(metricName: string): Metric {
  return new Metric({ namespace: METRICS_NAMESPACE, metricName, statistic: 'Sum', period: Duration.minutes(5) });
}

/** Whatever projects there are. */
function byProject(): MathExpression {
  const metrics = `{${METRICS_NAMESPACE},Project,service} MetricName="${METRIC.monthToDateUsd}"`;
  return new MathExpression({
    expression: `SEARCH('${metrics}', 'Maximum', ${COST_PERIOD.toSeconds()})`,
    label: '',
    period: COST_PERIOD,
    usingMetrics: {},
  });
}
