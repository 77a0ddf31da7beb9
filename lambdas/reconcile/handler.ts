import { randomUUID } from 'node:crypto';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import { clientConfig } from '../../aws/client-config';
import { DynamoCursors } from '../../aws/dynamo-cursors';
import { DynamoLock } from '../../aws/dynamo-lock';
import { SfnExecutions } from '../../aws/sfn-executions';
import { SsmPresence } from '../../aws/ssm-presence';
import { ENV_SPECS, readEnv } from '../../core/env';
import { advanceWiring, replacements, tableClient } from '../shared/clients';
import { lazy } from '../shared/lazy';
import { withInvocation } from '../shared/with-invocation';
import { reconcile } from './reconcile';

/** What a pass needs for its last sessions. */
const RESERVE_MS = 30_000;

const deps = lazy(() => {
  const env = readEnv(ENV_SPECS.reconcile, process.env);
  const wiring = advanceWiring(env);
  const table = tableClient();
  return {
    ...wiring,
    replacements: replacements(env),
    presence: new SsmPresence(new SSMClient(clientConfig)),
    executions: new SfnExecutions(new SFNClient(clientConfig), env.STATE_MACHINE_ARN),
    lock: new DynamoLock(table, env.TABLE_NAME, wiring.clock),
    cursors: new DynamoCursors(table, env.TABLE_NAME),
  };
});

export const handler = withInvocation('reconcile', (_event, { log, count, remainingMs }) => {
  const wired = deps();
  const deadlineMs = wired.clock.now() + remainingMs() - RESERVE_MS;
  return reconcile({ ...wired, holder: randomUUID(), deadlineMs, log, count });
});
