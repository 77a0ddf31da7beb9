import { ENV_SPECS, readEnv } from '../../core/env';
import { advanceWiring, replacements } from '../shared/clients';
import { lazy } from '../shared/lazy';
import { withInvocation } from '../shared/with-invocation';
import { handleEvent } from './handle-event';

const deps = lazy(() => {
  const env = readEnv(ENV_SPECS['handle-event'], process.env);
  return { ...advanceWiring(env), replacements: replacements(env) };
});

export const handler = withInvocation('handle-event', (event, { log, count }) =>
  handleEvent(event, { ...deps(), log, count }),
);
