import { randomUUID } from 'node:crypto';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SNSClient } from '@aws-sdk/client-sns';
import { clientConfig } from '../../aws/client-config';
import { DynamoAlertMarks } from '../../aws/dynamo-alert-marks';
import { DynamoCursors } from '../../aws/dynamo-cursors';
import { DynamoLock } from '../../aws/dynamo-lock';
import { DynamoSessionRegister } from '../../aws/dynamo-session-register';
import { DynamoZombieMarks } from '../../aws/dynamo-zombie-marks';
import { Ec2Fleet } from '../../aws/ec2-fleet';
import { Ec2Inventory } from '../../aws/ec2-inventory';
import { SnsNotifier } from '../../aws/sns-notifier';
import { ENV_SPECS, readEnv } from '../../core/env';
import { SECOND_MS } from '../../core/time';
import { requireRegion, stores, tableClient } from '../shared/clients';
import { lazy } from '../shared/lazy';
import { createLogger } from '../shared/log';
import { wirePrices } from '../shared/prices';
import { withInvocation } from '../shared/with-invocation';
import { reapZombies } from './reap-zombies';

/** Left for what a page has begun, and for telling. */
const RESERVE_MS = 40 * SECOND_MS;

const deps = lazy(() => {
  const env = readEnv(ENV_SPECS['reap-zombies'], process.env);
  const region = requireRegion();
  const ec2 = new EC2Client(clientConfig);
  const table = tableClient();
  const base = stores(env);
  const { clock } = base;
  return {
    ...base,
    region,
    inventory: new Ec2Inventory(ec2, new Ec2Fleet({ client: ec2, clock })),
    register: new DynamoSessionRegister(table, env.TABLE_NAME),
    marks: new DynamoZombieMarks(table, env.TABLE_NAME),
    cursors: new DynamoCursors(table, env.TABLE_NAME),
    alerts: new DynamoAlertMarks(table, env.TABLE_NAME, clock),
    notifier: new SnsNotifier(new SNSClient(clientConfig), env.TOPIC_ARN),
    lock: new DynamoLock(table, env.TABLE_NAME, clock),
    prices: wirePrices(ec2, region, createLogger('reap-zombies')),
    settings: {
      minAgeMinutes: env.ZOMBIE_MIN_AGE_MINUTES,
      isDryRun: env.REAP_DRY_RUN,
      tableName: env.TABLE_NAME,
    },
    retention: {
      daysAfterSuccess: env.CHECKPOINT_DAYS_AFTER_SUCCESS,
      daysResumable: env.CHECKPOINT_DAYS_RESUMABLE,
    },
  };
});

export const handler = withInvocation('reap-zombies', (_event, { log, count, remainingMs }) =>
  reapZombies({ ...deps(), holder: randomUUID(), hasTime: () => remainingMs() > RESERVE_MS, log, count }),
);
