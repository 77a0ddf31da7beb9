/** What an error of the SDK means. Adapters translate here, at the edge; the domain sees only core/errors.ts. */
import { isClockSkewError, isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import { RunctlError } from '../core/errors';

/** `name` is AWS's error code, whatever the protocol. */
export function codeOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Unknown';
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(codeOf(error));
}

export function httpStatusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

/** EC2 and S3 say these of their own passing troubles; Node says the others of the network's. */
const PASSING = [
  'RequestLimitExceeded',
  'InternalError',
  'InternalFailure',
  'ServiceUnavailable',
  'Unavailable',
  'SlowDown',
  'ConditionalRequestConflict',
  'TimeoutError',
];
const NETWORK = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'];

/** Whether the same call may succeed later without anybody changing anything. */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (hasCode(error, ...PASSING)) return true;
  if ('code' in error && typeof error.code === 'string' && NETWORK.includes(error.code)) return true;
  const sdkError = error as Parameters<typeof isTransientError>[0];
  return (
    isThrottlingError(sdkError) || isTransientError(sdkError) || isServerError(sdkError) || isClockSkewError(sdkError)
  );
}

/** A passing trouble becomes AwsUnavailable, which the state machine retries; everything else stays what it is. */
export function translate(error: unknown): unknown {
  if (error instanceof RunctlError || !isRetryable(error)) return error;
  return new RunctlError('AwsUnavailable', `AWS could not answer now (${codeOf(error)}).`, { cause: error });
}
