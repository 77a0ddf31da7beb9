/** Looks at everything that runctl needs, one after the other, and goes on when something is missing. */
import { CloudWatchLogsClient, DescribeLogStreamsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { CliError } from '../cli-error';
import { explainAwsFailure } from '../cloud/aws-failures';
import { type Cloud, openCloudAt } from '../cloud/open-cloud';
import { findPlace, type Place } from '../cloud/place';
import type { CliContext } from '../context';
import { EXIT, type ExitCode } from '../exit-codes';
import type { CloudOptions, JsonOption } from '../options';
import { renderChecks } from '../render/checks';
import { UPLOADS_PREFIX } from '../spec/local-sources';
import { Printer } from '../terminal/printer';
import {
  type Check,
  checkControlPlane,
  checkDenied,
  checkQuota,
  checkStack,
  checkSubscriptions,
  ok,
  problem,
  quotasToAsk,
} from './checks';

const RUNNING_LOOKED_AT = 100;

export async function runDoctor(context: CliContext, options: CloudOptions & JsonOption): Promise<ExitCode> {
  const checks: Check[] = [];
  for await (const check of allChecks(context, options)) checks.push(check);
  const printer = new Printer(context);
  if (options.json) printer.json(checks);
  else printer.lines(renderChecks(checks, printer.paint));
  return checks.some(({ state }) => state === 'problem') ? EXIT.checksFailed : EXIT.ok;
}

async function* allChecks(context: CliContext, options: CloudOptions): AsyncGenerator<Check> {
  const place = await findPlace(context, options);
  const identity = await checkIdentity(place);
  yield identity;
  if (identity.state === 'problem') return;
  const cloud = await openCloudAt(place, options).catch((error: unknown) => asCheck('stack', error));
  if ('state' in cloud) return yield cloud;
  yield checkStack(cloud.stack.stackName, cloud.stack.status);
  yield* permissionChecks(cloud);
  yield await checkTopic(cloud);
  yield* quotaChecks(context, cloud);
  yield await checkLeases(cloud);
}

function asCheck(name: string, error: unknown): Check {
  if (error instanceof CliError) return problem(name, error.message, error.hint ?? '');
  const explained = explainAwsFailure(error);
  if (explained === undefined) throw error;
  return problem(name, explained.message, explained.hint ?? 'See the message.');
}

async function checkIdentity({ client }: Place): Promise<Check> {
  try {
    const sts = new STSClient(client);
    const { Arn } = await sts.send(new GetCallerIdentityCommand({}));
    return ok('credentials', `${Arn} in ${await sts.config.region()}`);
  } catch (error) {
    return asCheck('credentials', error);
  }
}

/** Each is the very call that a command makes. Starting and stopping are not tried: they would have an effect. */
async function* permissionChecks({ client, stack, s3, sessions }: Cloud): AsyncGenerator<Check> {
  const { bucket, logGroup } = stack;
  const logs = new CloudWatchLogsClient(client);
  const key = `${UPLOADS_PREFIX}doctor.txt`;
  const tries: [string, string, () => Promise<unknown>][] = [
    ['sessions', 'states:ListExecutions, dynamodb:BatchGetItem', () => sessions.list({ limit: 1 })],
    ['records', 'states:DescribeExecution, dynamodb:GetItem', () => sessions.record('doctor')],
    [
      'bucket, reading',
      's3:ListBucket, s3:GetObject',
      () => s3.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 })),
    ],
    [
      'bucket, uploading',
      `s3:PutObject below ${UPLOADS_PREFIX}`,
      () => s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'runctl doctor\n' })),
    ],
    [
      'logs',
      'logs:DescribeLogStreams, logs:GetLogEvents',
      () => logs.send(new DescribeLogStreamsCommand({ logGroupName: logGroup, limit: 1 })),
    ],
  ];
  for (const [name, actions, call] of tries) {
    yield await call().then(
      () => ok(`may: ${name}`, actions),
      (error: unknown) => checkDenied(`may: ${name}`, actions, error),
    );
  }
}

async function checkTopic({ client, stack }: Cloud): Promise<Check> {
  try {
    const sns = new SNSClient(client);
    const { Subscriptions } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: stack.topicArn }));
    return checkSubscriptions(
      (Subscriptions ?? []).map(({ Protocol, Endpoint, SubscriptionArn }) => ({
        protocol: Protocol ?? '',
        endpoint: Endpoint ?? '',
        isConfirmed: SubscriptionArn !== 'PendingConfirmation',
      })),
    );
  } catch (error) {
    return checkDenied('notifications', 'sns:ListSubscriptionsByTopic', error);
  }
}

async function* quotaChecks({ seams }: CliContext, { stack, client, clock }: Cloud): AsyncGenerator<Check> {
  const { planningPorts } = await seams.planning();
  const { region, bucket, tableName } = stack;
  const { quotas } = planningPorts({ region, bucket, tableName, clock, client, onUnknown: () => {} });
  for (const asked of quotasToAsk()) yield checkQuota(asked, await quotas.value(asked.code), region);
}

async function checkLeases({ sessions, clock }: Cloud): Promise<Check> {
  const running = await sessions.list({ limit: RUNNING_LOOKED_AT, status: 'RUNNING' });
  return checkControlPlane(
    running.flatMap(({ session }) => session ?? []),
    clock.now(),
  );
}
