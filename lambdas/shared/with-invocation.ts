/**
 * What every function has around it: one line at its start, one at its end, an error logged once and thrown on under
 * its own name (the name is the contract with the state machine), passing troubles of AWS as AwsUnavailable.
 */
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { isRetryable, translate } from '../../aws/errors';
import type { FunctionName } from '../../core/env';
import { isFault, RunctlError } from '../../core/errors';
import { METRIC, METRICS_NAMESPACE } from '../../core/metrics';
import { createLogger, errorFields, type Log } from './log';

export interface Invocation {
  log: Log;
  /** Adds to a metric, one by default. */
  count(metric: string, value?: number): void;
  /** A metric's value now, with dimensions besides the function's name. */
  measure(metric: string, value: number, dimensions?: Record<string, string>): void;
  /** Until Lambda ends the invocation. */
  remainingMs(): number;
}

export type Handler<Output> = (event: unknown, context: Context) => Promise<Output>;

export function withInvocation<Output>(
  name: FunctionName,
  run: (event: unknown, invocation: Invocation) => Promise<Output>,
): Handler<Output> {
  const logger = createLogger(name);
  const metrics = new Metrics({ namespace: METRICS_NAMESPACE, serviceName: name });
  const invocation = {
    log: logger,
    count: (metric: string, value = 1) => void metrics.addMetric(metric, MetricUnit.Count, value),
    measure: (metric: string, value: number, dimensions: Record<string, string> = {}) => {
      const single = metrics.singleMetric();
      single.addDimensions(dimensions);
      single.addMetric(metric, MetricUnit.NoUnit, value);
    },
  };
  const handler = async (event: unknown, context: Context): Promise<Output> => {
    const startedAt = performance.now();
    const durationMs = () => Math.round(performance.now() - startedAt);
    logger.info('Invocation started', {});
    try {
      const output = await run(event, { ...invocation, remainingMs: () => context.getRemainingTimeInMillis() });
      logger.info('Invocation ended', { durationMs: durationMs() });
      return output;
    } catch (error) {
      logFailure(logger, error, durationMs());
      const thrown = translate(error);
      if (isFault(thrown)) countFailure();
      throw thrown;
    } finally {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    }
  };
  // At the end of its time Lambda ends an invocation with its environment, and the state machine tries again. middy would
  // end it as TimeoutError, which nobody knows, and what it was at would go on in the next invocation.
  return middy(handler, { timeoutEarlyInMillis: 0 }).use(
    injectLambdaContext(logger, { resetKeys: true }),
  ) as Handler<Output>;
}

/** Of all functions together, so that one alarm watches them all: the metric has no dimension. */
function countFailure(): void {
  const metrics = new Metrics({ namespace: METRICS_NAMESPACE });
  metrics.clearDefaultDimensions();
  // A set without a name in it; without any set it is left to CloudWatch what that means.
  metrics.addDimensions({});
  metrics.addMetric(METRIC.invocationFailures, MetricUnit.Count, 1);
  metrics.publishStoredMetrics();
}

/** "Not yet" is no failure. */
function logFailure(log: Log, error: unknown, durationMs: number): void {
  const retryable = isRetryable(error);
  const isExpected = error instanceof RunctlError && error.name === 'InstanceNotReady';
  const fields = { ...errorFields(error), retryable, durationMs };
  if (isExpected) log.info('Invocation ended: not ready yet', { errorName: error.name, durationMs });
  else log.error('Invocation failed', fields);
}
