import { setTimeout as pause } from 'node:timers/promises';
import { SSMClient } from '@aws-sdk/client-ssm';
import { clientConfig } from '../../aws/client-config';
import { SsmSecrets } from '../../aws/ssm-secrets';
import { ENV_SPECS, readEnv } from '../../core/env';
import { lazy } from '../shared/lazy';
import { withInvocation } from '../shared/with-invocation';
import { notifySlack } from './notify-slack';

const deps = lazy(() => {
  const env = readEnv(ENV_SPECS['notify-slack'], process.env);
  return {
    secrets: new SsmSecrets(new SSMClient(clientConfig)),
    parameter: env.SLACK_WEBHOOK_PARAMETER,
    fetch,
    pause: (durationMs: number) => pause(durationMs),
  };
});

export const handler = withInvocation('notify-slack', (event) => notifySlack(event, deps()));
