import {
  CloudWatchClient,
  GetMetricDataCommand,
  ListMetricsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { createCloudwatch } from '../../local/services/cloudwatch';
import { clientOptions, startTestGateway } from '../gateway/start-test-gateway';
import { ManualClock } from '../support/manual-clock';

it('CloudWatch gives back the metrics that were put, by period and statistic', async () => {
  const clock = new ManualClock();
  const gateway = await startTestGateway({ services: [createCloudwatch({ clock })], clock });
  const client = new CloudWatchClient(clientOptions(gateway));
  const Dimensions = [{ Name: 'Project', Value: 'vision' }];
  const at = (seconds: number) => new Date(clock.now() + seconds * 1000);
  const MetricData = [
    { MetricName: 'CostUsd', Dimensions, Value: 1, Timestamp: at(0) },
    { MetricName: 'CostUsd', Dimensions, Values: [2, 3], Counts: [1, 2], Timestamp: at(30) },
    { MetricName: 'CostUsd', Dimensions, Value: 10, Timestamp: at(60) },
    { MetricName: 'CostUsd', Value: 99, Timestamp: at(0) },
  ];
  await client.send(new PutMetricDataCommand({ Namespace: 'runctl', MetricData }));
  const query = (Id: string, Stat: string) => ({
    Id,
    MetricStat: { Metric: { Namespace: 'runctl', MetricName: 'CostUsd', Dimensions }, Period: 60, Stat },
  });
  const { MetricDataResults } = await client.send(
    new GetMetricDataCommand({
      StartTime: at(0),
      EndTime: at(600),
      ScanBy: 'TimestampAscending',
      MetricDataQueries: [query('sum', 'Sum'), query('avg', 'Average'), query('max', 'Maximum')],
    }),
  );
  expect(MetricDataResults?.map(({ Id, Values }) => [Id, Values])).toEqual([
    ['sum', [9, 10]],
    ['avg', [2.25, 10]],
    ['max', [3, 10]],
  ]);
  expect(MetricDataResults?.[0]?.Timestamps).toEqual([at(0), at(60)]);
  expect((await client.send(new ListMetricsCommand({ Namespace: 'runctl' }))).Metrics).toHaveLength(2);
  const alarm = { AlarmName: 'a', ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1 } as const;
  await expect(client.send(new PutMetricAlarmCommand(alarm))).rejects.toMatchObject({ name: 'LocalUnsupported' });
  await gateway.close();
});
