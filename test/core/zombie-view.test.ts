import { zombieViews } from '../../core/view/zombie-view';
import type { BilledResource } from '../../core/zombies/resource';
import { minutesAgo, NOW } from '../support/sessions';

const instance = (tags: Record<string, string>, createdAt = minutesAgo(60)): BilledResource => ({
  kind: 'instance',
  resourceId: 'i-1',
  instanceType: 'g5.xlarge',
  market: 'spot',
  zone: 'us-east-1a',
  state: 'running',
  createdAt,
  tags: { CreatedBy: 'runctl', ...tags },
});
const settings = { minAgeMinutes: 15, isDryRun: true, tableName: 'table' };
const views = (resource: BilledResource) =>
  zombieViews({
    resources: [resource],
    recorded: new Set(['known']),
    marks: [],
    pass: { passId: 'p', now: NOW, settings },
  });

it.each([
  ['of a session that is known', { SessionId: 'known' }, []],
  ['of one that is not', { SessionId: 'other' }, ['no-record']],
  ['of no session', {}, ['no-record']],
  ['whose time is over', { SessionId: 'known', ExpiresAt: minutesAgo(1) }, ['expired']],
])('an instance %s', (_whose, tags, reasons) => {
  expect(views(instance(tags)).map(({ reason }) => reason)).toEqual(reasons);
});

it('a young one is left alone, and a protected one is told as such', () => {
  expect(views(instance({}, minutesAgo(5)))).toEqual([]);
  expect(views(instance({ Protected: 'true' }))).toMatchObject([
    { isProtected: true, what: 'g5.xlarge', ageSeconds: 3600 },
  ]);
});
