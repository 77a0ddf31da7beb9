/**
 * What a stack costs in a month in which nothing trains, from its template and from what a pass of each scheduled function
 * does. List prices of us-east-1 in November 2026, without the free tier of new accounts and without what AWS gives every
 * account each month (a million Lambda requests, ten alarms, five gigabytes of logs), but for dashboards: see there.
 */
import type { CfnResourceJson } from '../lib/support/synthesize';

/** https://aws.amazon.com/lambda/pricing/: arm64, per GB-second and per request. */
const LAMBDA = { usdPerGibSecond: 0.0000133334, usdPerRequest: 0.2 / 1e6 };
/** https://aws.amazon.com/dynamodb/pricing/on-demand/: per request unit. Idle items have less than 1 KB. */
const DYNAMODB = { usdPerRead: 0.125 / 1e6, usdPerWrite: 0.625 / 1e6 };
/** https://aws.amazon.com/cloudwatch/pricing/: logs taken in, and kept for a month. */
const LOGS = { usdPerGbIn: 0.5, usdPerGbMonth: 0.03 };
/** https://aws.amazon.com/s3/pricing/: PUT and LIST, GET, storage. */
const S3 = { usdPerPut: 0.005 / 1e3, usdPerGet: 0.0004 / 1e3, usdPerGbMonth: 0.023 };
/** https://aws.amazon.com/sns/pricing/, https://aws.amazon.com/sqs/pricing/ */
const MESSAGE_USD = 0.5 / 1e6;

const GB = 1e9;
const HOURS_PER_MONTH = 730;
/**
 * An idle pass waits for a handful of answers, a few tens of milliseconds each: 100 to 200 ms. Twice that is taken, since
 * nobody has seen these functions on AWS yet. Cold starts are billed too (since August 2025); a function called every
 * ten minutes or less stays warm, and one a day does not matter.
 */
const IDLE_SECONDS = 0.3;

export interface Line {
  what: string;
  usd: number;
}

type PriceOf = (properties: Record<string, unknown>) => number;

const free: PriceOf = () => 0;
/** Fails for what would make a resource cost something of itself. */
const freeUnless =
  (costs: (properties: Record<string, unknown>) => boolean): PriceOf =>
  (properties) => {
    if (costs(properties))
      throw new Error(`This costs something that the idle bill does not know: ${JSON.stringify(properties)}`);
    return 0;
  };

/** Of a resource for a month, whatever is done with it. A type that is not here fails the test. */
const RESOURCES: Readonly<Record<string, PriceOf>> = {
  // Standard resolution, one metric. https://aws.amazon.com/cloudwatch/pricing/
  'AWS::CloudWatch::Alarm': ({ Metrics, Period }) => {
    if (Metrics !== undefined || Number(Period) < 60)
      throw new Error('Alarms on several metrics, or of high resolution, cost more.');
    return 0.1;
  },
  // The first three of an account, of at most 50 metrics each, are free, always; a further one is $3.
  'AWS::CloudWatch::Dashboard': free,
  // Paid by request and by what they hold.
  'AWS::DynamoDB::Table': freeUnless(({ BillingMode }) => BillingMode !== 'PAY_PER_REQUEST'),
  'AWS::S3::Bucket': freeUnless(
    (properties) => 'ReplicationConfiguration' in properties || 'InventoryConfigurations' in properties,
  ),
  'AWS::Lambda::Function': freeUnless(
    (properties) => 'ProvisionedConcurrencyConfig' in properties || 'SnapStart' in properties,
  ),
  'AWS::SNS::Topic': freeUnless((properties) => 'KmsMasterKeyId' in properties),
  'AWS::SQS::Queue': freeUnless((properties) => 'KmsMasterKeyId' in properties),
  'AWS::StepFunctions::StateMachine': freeUnless(({ StateMachineType: type }) => type === 'EXPRESS'),
  'AWS::Logs::LogGroup': freeUnless(({ RetentionInDays }) => RetentionInDays === undefined),
  // An interface endpoint is $0.01 per hour and zone.
  'AWS::EC2::VPCEndpoint': freeUnless(({ VpcEndpointType }) => VpcEndpointType !== 'Gateway'),
  // Rules on events of AWS and schedules. https://aws.amazon.com/eventbridge/pricing/
  'AWS::Events::Rule': free,
  'AWS::SSM::Document': free,
  'AWS::EC2::LaunchTemplate': free,
  // Policies, roles, networks without NAT or addresses, and what ties things together.
  ...Object.fromEntries(
    [
      ...['IAM::InstanceProfile', 'IAM::ManagedPolicy', 'IAM::Policy', 'IAM::Role', 'Lambda::EventInvokeConfig'],
      ...['Lambda::Permission', 'S3::BucketPolicy', 'SNS::Subscription', 'SNS::TopicPolicy', 'SQS::QueuePolicy'],
      ...['EC2::InternetGateway', 'EC2::Route', 'EC2::RouteTable', 'EC2::SecurityGroup', 'EC2::SecurityGroupEgress'],
      ...['EC2::SecurityGroupIngress', 'EC2::Subnet', 'EC2::SubnetRouteTableAssociation', 'EC2::VPC'],
      ...['EC2::VPCGatewayAttachment', 'CDK::Metadata'],
    ].map((type) => [`AWS::${type}`, free]),
  ),
};

/** Throws for a type whose price nobody has looked up. */
export function resourceLines(resources: readonly CfnResourceJson[]): Line[] {
  const byType = new Map<string, { count: number; usd: number }>();
  for (const { Type: type, Properties: properties } of resources) {
    const price = RESOURCES[type];
    if (price === undefined) throw new Error(`Nobody has looked up what ${type} costs.`);
    const { count, usd } = byType.get(type) ?? { count: 0, usd: 0 };
    byType.set(type, { count: count + 1, usd: usd + price(properties ?? {}) });
  }
  return [...byType].map(([type, { count, usd }]) => ({ what: `${count} × ${type}`, usd }));
}

/** What one invocation of a scheduled function did while nothing was to be done. */
export interface IdlePass {
  name: string;
  timesPerMonth: number;
  memoryMiB: number;
  /** Calls by `service:Operation`. */
  calls: ReadonlyMap<string, number>;
  logBytes: number;
}

/** Describe, list and look-up calls of these are not billed. */
const FREE_CALLS = /^(ec2:Describe|states:List|ssm:Describe|ssm:GetParameter$|pricing:|servicequotas:|sts:)/;
const CALLS: Readonly<Record<string, number>> = {
  // Eventually consistent reads of 4 KB are half a unit, consistent ones a unit: the dearer is taken.
  'dynamodb:GetItem': DYNAMODB.usdPerRead,
  'dynamodb:Query': DYNAMODB.usdPerRead,
  'dynamodb:PutItem': DYNAMODB.usdPerWrite,
  'dynamodb:UpdateItem': DYNAMODB.usdPerWrite,
  'dynamodb:DeleteItem': DYNAMODB.usdPerWrite,
  's3:PutObject': S3.usdPerPut,
  's3:ListObjectsV2': S3.usdPerPut,
  's3:GetObject': S3.usdPerGet,
  's3:HeadObject': S3.usdPerGet,
  'sns:Publish': MESSAGE_USD,
};

/** Throws for a call whose price nobody has looked up. */
export function passLines({ name, timesPerMonth, memoryMiB, calls, logBytes }: IdlePass): Line[] {
  const gibSeconds = (memoryMiB / 1024) * IDLE_SECONDS * timesPerMonth;
  const callsUsd = [...calls].reduce((sum, [call, count]) => sum + count * callUsd(call), 0);
  const gb = (logBytes * timesPerMonth) / GB;
  const each = [...calls].map(([call, count]) => `${count} ${call}`).join(', ') || 'no calls';
  return [
    {
      what: `${name}: ${timesPerMonth} invocations of ${memoryMiB} MiB × ${IDLE_SECONDS} s`,
      usd: gibSeconds * LAMBDA.usdPerGibSecond + timesPerMonth * LAMBDA.usdPerRequest,
    },
    { what: `${name}: ${each}`, usd: callsUsd * timesPerMonth },
    { what: `${name}: ${logBytes} bytes of logs each`, usd: gb * (LOGS.usdPerGbIn + LOGS.usdPerGbMonth) },
  ];
}

function callUsd(call: string): number {
  const usd = CALLS[call] ?? (FREE_CALLS.test(call) ? 0 : undefined);
  if (usd === undefined) throw new Error(`Nobody has looked up what ${call} costs.`);
  return usd;
}

/** The bundles and Node runtimes in the bucket of `cdk bootstrap`. */
export function storageLine(assetBytes: number): Line {
  return { what: `${Math.round(assetBytes / 1e6)} MB of assets in S3`, usd: (assetBytes / GB) * S3.usdPerGbMonth };
}

/** Of `rate(5 minutes)` and of a `cron()` that means once a day. */
export function timesPerMonth(scheduleExpression: string): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(scheduleExpression) ?? [];
  if (count !== undefined) {
    const hours = unit === 'minute' ? 1 / 60 : unit === 'hour' ? 1 : 24;
    return Math.round(HOURS_PER_MONTH / (Number(count) * hours));
  }
  if (/^cron\(\d+ \d+ \* \* \? \*\)$/.test(scheduleExpression)) return Math.round(HOURS_PER_MONTH / 24);
  throw new Error(`How often is ${scheduleExpression}?`);
}

export function tableOf(lines: readonly Line[]): string {
  const total = lines.reduce((sum, { usd }) => sum + usd, 0);
  const rows = [
    ...lines.filter(({ usd }) => usd > 0).toSorted((a, b) => b.usd - a.usd),
    { what: 'together', usd: total },
  ];
  return rows.map(({ what, usd }) => `  $${usd.toFixed(4)}  ${what}`).join('\n');
}
