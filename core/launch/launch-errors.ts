/** What EC2's refusal of a pool means. Codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
import type { Market, PoolError } from '../session/session';

export type Refusal = 'capacity' | 'quota' | 'config';

const QUOTA = new Set([
  'MaxSpotInstanceCountExceeded',
  'VcpuLimitExceeded',
  'InstanceLimitExceeded',
  'MaxSpotFleetRequestCountExceeded',
  'MaxFleetCountExceeded',
  'TargetCapacityLimitExceededException',
  'ResourceLimitExceeded',
  'VolumeLimitExceeded',
  'MaxIOPSLimitExceeded',
]);

/** Nothing that waiting would mend. A code that nobody has seen before is waited for. */
const CONFIG =
  /^(Invalid|Unsupported|UnauthorizedOperation|AccessDenied|AuthFailure|Missing|OptInRequired|PendingVerification|Blocked|IdempotentParameterMismatch|LaunchTemplate|Malformed|OperationNotPermitted|UnknownParameter|ValidationError|DryRun|KMS|Client\.(?!Instance))/;

export function refusalOf(code: string): Refusal {
  if (QUOTA.has(code)) return 'quota';
  return CONFIG.test(code) ? 'config' : 'capacity';
}

/** Of a whole try: capacity as long as one pool may still give something. */
export function refusalOfAll(errors: readonly PoolError[]): Refusal {
  const refusals = new Set(errors.map(({ code }) => refusalOf(code)));
  if (refusals.size === 0 || refusals.has('capacity')) return 'capacity';
  return refusals.has('quota') ? 'quota' : 'config';
}

export function describePoolErrors(errors: readonly PoolError[]): string {
  return errors
    .map(({ instanceType, zone, market, code, message }) => {
      const pool = [instanceType ?? 'all types', zone === null ? null : `in ${zone}`, `(${market})`];
      return `- ${pool.filter((part) => part !== null).join(' ')}: ${code}: ${message}`;
    })
    .join('\n');
}

/** Keeps what the other market said, and of this one only what its latest try was told. */
export function replacePoolErrors(
  known: readonly PoolError[],
  latest: readonly PoolError[],
  triedMarket: Market,
): PoolError[] {
  return [...known.filter(({ market }) => market !== triedMarket), ...latest];
}
