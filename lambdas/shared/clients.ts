/** Wiring: the adapters that functions share, built from their environment. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { clientConfig } from '../../aws/client-config';
import { DynamoSessionStore } from '../../aws/dynamo-session-store';
import { Ec2Fleet } from '../../aws/ec2-fleet';
import { S3ObjectStore } from '../../aws/s3-object-store';
import { SfnReplacements } from '../../aws/sfn-replacements';
import { SfnTaskCallback } from '../../aws/sfn-task-callback';
import { SnsNotifier } from '../../aws/sns-notifier';
import { RunctlError } from '../../core/errors';
import type { Clock } from '../../core/ports';

export const systemClock: Clock = { now: () => Date.now() };

/** The Lambda runtime sets it. */
export function requireRegion(): string {
  const region = process.env['AWS_REGION'];
  if (region === undefined) throw new RunctlError('ConfigInvalid', 'AWS_REGION is not set.');
  return region;
}

interface StoreEnv {
  TABLE_NAME: string;
  BUCKET_NAME: string;
}

export function tableClient(): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(new DynamoDBClient(clientConfig));
}

/** Record and objects. */
export function stores(env: StoreEnv) {
  return {
    sessions: new DynamoSessionStore(tableClient(), env.TABLE_NAME),
    objects: new S3ObjectStore(new S3Client(clientConfig), env.BUCKET_NAME),
    bucket: env.BUCKET_NAME,
    clock: systemClock,
  };
}

/** Of functions that no state machine calls. */
export function replacements(env: { REPLACEMENT_MACHINE_ARN: string }) {
  return new SfnReplacements(new SFNClient(clientConfig), env.REPLACEMENT_MACHINE_ARN);
}

/** What it takes to move a session on: all of AdvanceDeps but the log. */
export function advanceWiring(env: StoreEnv & { TOPIC_ARN: string }) {
  return {
    ...stores(env),
    fleet: new Ec2Fleet({ client: new EC2Client(clientConfig), clock: systemClock }),
    tasks: new SfnTaskCallback(new SFNClient(clientConfig)),
    notifier: new SnsNotifier(new SNSClient(clientConfig), env.TOPIC_ARN),
  };
}
