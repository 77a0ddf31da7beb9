/** CloudWatch metrics, in memory: what was put can be read back by MetricStat queries. No alarms, dashboards or metric math. */
import type {
  Dimension,
  GetMetricDataInput,
  GetMetricDataOutput,
  ListMetricsInput,
  MetricDatum,
  MetricStat,
  PutMetricDataInput,
} from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../clock';
import { AwsError, LocalUnsupported, type Service } from '../service';
import { supporting } from './supporting';

interface Metric {
  namespace: string;
  name: string;
  dimensions: Dimension[];
  samples: { timeMs: number; value: number; count: number }[];
}

/** AWS keeps metrics for 15 months; here the oldest samples of a metric make room. */
const MAX_SAMPLES = 100_000;
const DATUM_FIELDS = new Set('MetricName Dimensions Timestamp Value Values Counts Unit StorageResolution'.split(' '));

export function createCloudwatch({ clock }: { clock: Clock }): Service {
  const metrics = new Map<string, Metric>();
  const op = supporting('monitoring');
  const put = (namespace: string, datum: MetricDatum) => {
    const unsupported = Object.keys(datum).find((field) => !DATUM_FIELDS.has(field));
    if (unsupported) throw new LocalUnsupported('cloudwatch', `${unsupported} of a datum`);
    const { MetricName: name = '', Dimensions: dimensions = [], Timestamp, Value, Values = [], Counts = [] } = datum;
    const id = metricId(namespace, name, dimensions);
    const metric = metrics.get(id) ?? { namespace, name, dimensions, samples: [] };
    const timeMs = Timestamp?.getTime() ?? clock.now();
    const values = Value === undefined ? Values : [Value];
    if (values.length === 0) throw new AwsError('MissingRequiredParameterException', `${name} has no value.`);
    metric.samples.push(...values.map((value, index) => ({ timeMs, value, count: Counts[index] ?? 1 })));
    metric.samples.splice(0, metric.samples.length - MAX_SAMPLES);
    metrics.set(id, metric);
  };
  return {
    id: 'monitoring',
    operations: {
      PutMetricData: op('Namespace MetricData', async ({ Namespace = '', MetricData = [] }: PutMetricDataInput) => {
        for (const datum of MetricData) put(Namespace, datum);
        return {};
      }),
      ListMetrics: op('Namespace MetricName', async ({ Namespace, MetricName }: ListMetricsInput) => ({
        Metrics: [...metrics.values()]
          .filter((metric) => (Namespace ?? metric.namespace) === metric.namespace)
          .filter((metric) => (MetricName ?? metric.name) === metric.name)
          .map(({ namespace, name, dimensions }) => ({
            Namespace: namespace,
            MetricName: name,
            Dimensions: dimensions,
          })),
      })),
      GetMetricData: op(
        'MetricDataQueries StartTime EndTime ScanBy',
        async (input: GetMetricDataInput): Promise<GetMetricDataOutput> => ({
          MetricDataResults: (input.MetricDataQueries ?? []).map(({ Id, Label, MetricStat: query }) => {
            if (!query?.Metric) throw new LocalUnsupported('cloudwatch', 'metric math');
            const { Namespace = '', MetricName = '', Dimensions = [] } = query.Metric;
            const metric = metrics.get(metricId(Namespace, MetricName, Dimensions));
            const points = statistics(metric?.samples ?? [], query, input);
            if (input.ScanBy !== 'TimestampAscending') points.reverse();
            return {
              Id,
              Label: Label ?? MetricName,
              Timestamps: points.map(([timeMs]) => new Date(timeMs)),
              Values: points.map(([, value]) => value),
              StatusCode: 'Complete' as const,
            };
          }),
        }),
      ),
    },
  };
}

function metricId(namespace: string, name: string, dimensions: readonly Dimension[]): string {
  const sorted = dimensions
    .map(({ Name, Value }) => [Name, Value])
    .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
  return JSON.stringify([namespace, name, sorted]);
}

type Samples = Metric['samples'];

const STATISTICS: Record<string, (samples: Samples) => number> = {
  SampleCount: (samples) => samples.reduce((sum, { count }) => sum + count, 0),
  Sum: (samples) => samples.reduce((sum, { value, count }) => sum + value * count, 0),
  Average: (samples) => (STATISTICS['Sum']?.(samples) ?? 0) / (STATISTICS['SampleCount']?.(samples) ?? 1),
  Minimum: (samples) => Math.min(...samples.map(({ value }) => value)),
  Maximum: (samples) => Math.max(...samples.map(({ value }) => value)),
};

/** One value for each period that has samples, by its start. */
function statistics(samples: Samples, query: MetricStat, range: GetMetricDataInput): [number, number][] {
  const statistic = STATISTICS[query.Stat ?? ''];
  if (!statistic) throw new LocalUnsupported('cloudwatch', `the statistic ${query.Stat}`);
  const periodMs = (query.Period ?? 60) * 1000;
  const [fromMs, untilMs] = [range.StartTime?.getTime() ?? 0, range.EndTime?.getTime() ?? Number.POSITIVE_INFINITY];
  const periods = new Map<number, Samples>();
  for (const sample of samples) {
    if (sample.timeMs < fromMs || sample.timeMs >= untilMs) continue;
    const startMs = Math.floor(sample.timeMs / periodMs) * periodMs;
    periods.set(startMs, [...(periods.get(startMs) ?? []), sample]);
  }
  return [...periods].sort(([a], [b]) => a - b).map(([startMs, group]) => [startMs, statistic(group)]);
}
