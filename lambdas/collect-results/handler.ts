import { ENV_SPECS, readEnv } from '../../core/env';
import { stores } from '../shared/clients';
import { lazy } from '../shared/lazy';
import { withInvocation } from '../shared/with-invocation';
import { collectResults } from './collect-results';

const deps = lazy(() => stores(readEnv(ENV_SPECS['collect-results'], process.env)));

export const handler = withInvocation('collect-results', (event, { log }) => collectResults(event, { ...deps(), log }));
