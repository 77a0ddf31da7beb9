import { randomUUID } from 'node:crypto';
import { EC2Client } from '@aws-sdk/client-ec2';
import { clientConfig } from '../../aws/client-config';
import { DynamoAlertMarks } from '../../aws/dynamo-alert-marks';
import { DynamoCostLedger } from '../../aws/dynamo-cost-ledger';
import { DynamoCursors } from '../../aws/dynamo-cursors';
import { DynamoLock } from '../../aws/dynamo-lock';
import { ENV_SPECS, readEnv } from '../../core/env';
import { advanceWiring, requireRegion, tableClient } from '../shared/clients';
import { lazy } from '../shared/lazy';
import { createLogger } from '../shared/log';
import { wirePrices } from '../shared/prices';
import { withInvocation } from '../shared/with-invocation';
import { trackCosts } from './track-costs';

/** What a pass needs for its last sessions and sums. */
const RESERVE_MS = 20_000;

const deps = lazy(() => {
  const env = readEnv(ENV_SPECS['track-costs'], process.env);
  const wiring = advanceWiring(env);
  const table = tableClient();
  const region = requireRegion();
  const log = createLogger('track-costs');
  return {
    ...wiring,
    prices: wirePrices(new EC2Client(clientConfig), region, log),
    ledger: new DynamoCostLedger(table, env.TABLE_NAME),
    marks: new DynamoAlertMarks(table, env.TABLE_NAME, wiring.clock),
    cursors: new DynamoCursors(table, env.TABLE_NAME),
    lock: new DynamoLock(table, env.TABLE_NAME, wiring.clock),
    budgets: env.BUDGETS,
    region,
  };
});

export const handler = withInvocation('track-costs', (_event, { log, measure, remainingMs }) => {
  const wired = deps();
  const deadlineMs = wired.clock.now() + remainingMs() - RESERVE_MS;
  return trackCosts({ ...wired, holder: randomUUID(), deadlineMs, log, measure });
});
