import { ENV_SPECS, readEnv } from '../../core/env';
import { advanceWiring } from '../shared/clients';
import { lazy } from '../shared/lazy';
import { withInvocation } from '../shared/with-invocation';
import { releaseNodes } from './release-nodes';

const deps = lazy(() => advanceWiring(readEnv(ENV_SPECS['release-nodes'], process.env)));

export const handler = withInvocation('release-nodes', (event, { log }) => releaseNodes(event, { ...deps(), log }));
