/**
 * CloudWatch metrics of the control plane. Functions write them as log lines in the embedded format; none is written
 * while nothing runs, since a metric is billed for every hour that it has a value in. No metric has a session as a
 * dimension: each value of a dimension is a metric of its own on the bill.
 */
export const METRICS_NAMESPACE = 'runctl';

export const METRIC = {
  /** Invocations that failed through no fault of a job. No dimension. */
  invocationFailures: 'InvocationFailures',
  /** Instances and volumes without a record. Dimension `service`: reap-zombies. */
  zombiesFound: 'ZombiesFound',
  /** Dimension `service`: track-costs; month to date also by `Project`. */
  usdPerHour: 'UsdPerHour',
  monthToDateUsd: 'MonthToDateUsd',
  runningInstances: 'RunningInstances',
  openSessions: 'OpenSessions',
} as const;
