import { ENV_SPECS, readEnv } from '../../core/env';
import { advanceWiring } from '../shared/clients';
import { lazy } from '../shared/lazy';
import { withInvocation } from '../shared/with-invocation';
import { handleEvent } from './handle-event';

const deps = lazy(() => advanceWiring(readEnv(ENV_SPECS['handle-event'], process.env)));

export const handler = withInvocation('handle-event', (event, { log, count }) =>
  handleEvent(event, { ...deps(), log, count }),
);
