import { EC2Client } from '@aws-sdk/client-ec2';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';
import { clientConfig } from '../../aws/client-config';
import { DynamoCostLedger } from '../../aws/dynamo-cost-ledger';
import { Ec2Catalog } from '../../aws/ec2-catalog';
import { ServiceQuotas } from '../../aws/service-quotas';
import { ENV_SPECS, readEnv } from '../../core/env';
import { requireRegion, stores, tableClient } from '../shared/clients';
import { lazy } from '../shared/lazy';
import { createLogger, errorFields } from '../shared/log';
import { wirePrices } from '../shared/prices';
import { withInvocation } from '../shared/with-invocation';
import { planJob } from './plan-job';

const deps = lazy(() => {
  const log = createLogger('plan-job');
  const region = requireRegion();
  const ec2 = new EC2Client(clientConfig);
  const env = readEnv(ENV_SPECS['plan-job'], process.env);
  return {
    ...stores(env),
    resultPlaces: env.RESULT_PLACES,
    imageRepositories: env.IMAGE_REPOSITORIES,
    ledger: new DynamoCostLedger(tableClient(), env.TABLE_NAME),
    budgets: env.BUDGETS,
    region,
    catalog: new Ec2Catalog(ec2, new SSMClient(clientConfig)),
    prices: wirePrices(ec2, region, log),
    quotas: new ServiceQuotas(new ServiceQuotasClient(clientConfig), (quotaCode, error) =>
      log.warn('A quota is unknown', { quotaCode, ...errorFields(error) }),
    ),
  };
});

export const handler = withInvocation('plan-job', (event, { log }) => planJob(event, { ...deps(), log }));
