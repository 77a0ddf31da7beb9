import { randomUUID } from 'node:crypto';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import { clientConfig } from '../../aws/client-config';
import { DynamoLock } from '../../aws/dynamo-lock';
import { SfnExecutions } from '../../aws/sfn-executions';
import { SsmPresence } from '../../aws/ssm-presence';
import { ENV_SPECS, readEnv } from '../../core/env';
import { advanceWiring, tableClient } from '../shared/clients';
import { lazy } from '../shared/lazy';
import { withInvocation } from '../shared/with-invocation';
import { reconcile } from './reconcile';

const deps = lazy(() => {
  const env = readEnv(ENV_SPECS.reconcile, process.env);
  const wiring = advanceWiring(env);
  return {
    ...wiring,
    presence: new SsmPresence(new SSMClient(clientConfig)),
    executions: new SfnExecutions(new SFNClient(clientConfig), env.STATE_MACHINE_ARN),
    lock: new DynamoLock(tableClient(), env.TABLE_NAME, wiring.clock),
  };
});

export const handler = withInvocation('reconcile', (_event, { log, count }) =>
  reconcile({ ...deps(), holder: randomUUID(), log, count }),
);
