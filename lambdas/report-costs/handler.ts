import { SNSClient } from '@aws-sdk/client-sns';
import { clientConfig } from '../../aws/client-config';
import { DynamoAlertMarks } from '../../aws/dynamo-alert-marks';
import { DynamoCostLedger } from '../../aws/dynamo-cost-ledger';
import { SnsNotifier } from '../../aws/sns-notifier';
import { ENV_SPECS, readEnv } from '../../core/env';
import { stores, systemClock, tableClient } from '../shared/clients';
import { lazy } from '../shared/lazy';
import { withInvocation } from '../shared/with-invocation';
import { reportCosts } from './report-costs';

const deps = lazy(() => {
  const env = readEnv(ENV_SPECS['report-costs'], process.env);
  const { objects, bucket } = stores(env);
  const table = tableClient();
  return {
    ledger: new DynamoCostLedger(table, env.TABLE_NAME),
    marks: new DynamoAlertMarks(table, env.TABLE_NAME, systemClock),
    notifier: new SnsNotifier(new SNSClient(clientConfig), env.TOPIC_ARN),
    objects,
    bucket,
    clock: systemClock,
    budgets: env.BUDGETS,
  };
});

export const handler = withInvocation('report-costs', (_event, { log }) => reportCosts({ ...deps(), log }));
