import { SNSClient } from '@aws-sdk/client-sns';
import { clientConfig } from '../../aws/client-config';
import { SnsNotifier } from '../../aws/sns-notifier';
import { ENV_SPECS, readEnv } from '../../core/env';
import { stores } from '../shared/clients';
import { lazy } from '../shared/lazy';
import { withInvocation } from '../shared/with-invocation';
import { notifyFinished } from './notify-finished';

const deps = lazy(() => {
  const env = readEnv(ENV_SPECS['notify-finished'], process.env);
  return { ...stores(env), notifier: new SnsNotifier(new SNSClient(clientConfig), env.TOPIC_ARN) };
});

export const handler = withInvocation('notify-finished', (event, { log }) => notifyFinished(event, { ...deps(), log }));
