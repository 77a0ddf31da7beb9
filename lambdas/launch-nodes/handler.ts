import { EC2Client } from '@aws-sdk/client-ec2';
import { slowClientConfig } from '../../aws/client-config';
import { Ec2Fleet } from '../../aws/ec2-fleet';
import { ENV_SPECS, readEnv } from '../../core/env';
import { TAG } from '../../core/tags';
import { requireRegion, stores } from '../shared/clients';
import { lazy } from '../shared/lazy';
import { createLogger } from '../shared/log';
import { wirePrices } from '../shared/prices';
import { withInvocation } from '../shared/with-invocation';
import { launchNodes } from './launch-nodes';

const deps = lazy(() => {
  const env = readEnv(ENV_SPECS['launch-nodes'], process.env);
  const region = requireRegion();
  const ec2 = new EC2Client(slowClientConfig);
  const base = stores(env);
  return {
    ...base,
    region,
    fleet: new Ec2Fleet({ client: ec2, clock: base.clock, launchTemplateId: env.LAUNCH_TEMPLATE_ID }),
    prices: wirePrices(ec2, region, createLogger('launch-nodes')),
    nodeRoleId: env.NODE_ROLE_ID,
    assignsPublicAddress: env.ASSIGN_PUBLIC_IP,
    subnetIds: env.SUBNET_IDS,
    defaultTags: { ...env.DEFAULT_TAGS, [TAG.table]: env.TABLE_NAME },
  };
});

export const handler = withInvocation('launch-nodes', (event, { log }) => launchNodes(event, { ...deps(), log }));
