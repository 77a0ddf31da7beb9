/** What the doctor says about what it found. Pure. */
import { quotaOf, raiseCommand } from '../../core/plan/quotas';
import type { Market, Session } from '../../core/session/session';
import { duration, plural } from '../terminal/format';

export interface Check {
  name: string;
  state: 'ok' | 'warning' | 'problem';
  found: string;
  /** What to do; null: nothing. */
  mend: string | null;
}

export const ok = (name: string, found: string): Check => ({ name, state: 'ok', found, mend: null });
export const warning = (name: string, found: string, mend: string): Check => ({ name, state: 'warning', found, mend });
export const problem = (name: string, found: string, mend: string): Check => ({ name, state: 'problem', found, mend });

export function checkStack(stackName: string, status: string): Check {
  if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) return ok('stack', `${stackName} is ${status}`);
  if (status.endsWith('_IN_PROGRESS'))
    return warning('stack', `${stackName} is ${status}`, 'Wait until it is deployed.');
  return problem('stack', `${stackName} is ${status}`, 'See why in the CloudFormation console, then: npx cdk deploy');
}

export interface SubscriptionLook {
  protocol: string;
  endpoint: string;
  isConfirmed: boolean;
}

export function checkSubscriptions(subscriptions: readonly SubscriptionLook[]): Check {
  const pending = subscriptions.filter(({ isConfirmed }) => !isConfirmed);
  if (pending.length > 0) {
    const who = pending.map(({ endpoint }) => endpoint).join(', ');
    return problem('notifications', `${who} has not confirmed its subscription`, 'Open the link in the mail from AWS.');
  }
  if (subscriptions.length === 0) {
    return warning('notifications', 'nobody is told how sessions end', 'npx cdk deploy -c alertEmail=you@example.com');
  }
  const told = subscriptions.map(({ protocol, endpoint }) => `${protocol}:${endpoint}`).join(', ');
  return ok('notifications', told);
}

/** Enough for one machine of the kind. */
const KINDS = [
  { name: 'CPU machines', type: 'm5.large', vcpus: 2 },
  { name: 'GPU machines', type: 'g5.xlarge', vcpus: 4 },
] as const;

export function quotasToAsk(): { name: string; market: Market; code: string; quotaName: string; vcpus: number }[] {
  const markets: Market[] = ['spot', 'on-demand'];
  return KINDS.flatMap(({ name, type, vcpus }) =>
    markets.flatMap((market) => {
      const quota = quotaOf(type, market);
      return quota ? [{ name: `${name}, ${market}`, market, code: quota.code, quotaName: quota.name, vcpus }] : [];
    }),
  );
}

export function checkQuota(asked: ReturnType<typeof quotasToAsk>[number], value: number | null, region: string): Check {
  const { name, code, quotaName, vcpus } = asked;
  const label = `quota: ${name}`;
  if (value === null)
    return warning(label, `${quotaName} (${code}) could not be read`, 'Allow servicequotas:GetServiceQuota.');
  const found = `${quotaName}: ${value} vCPUs`;
  if (value >= vcpus) return ok(label, found);
  return warning(label, found, raiseCommand({ code, name: quotaName }, vcpus, region));
}

/** Renewed every five minutes while the control plane lives; instances stop by themselves after 30 without. */
const LEASE_LATE_SECONDS = 12 * 60;

/** `sessions` are those whose execution runs. */
export function checkControlPlane(sessions: readonly Session[], now: number): Check {
  const ages = sessions.flatMap(({ sessionId, lease }) =>
    lease?.doneAt == null ? [] : [{ sessionId, seconds: (now - Date.parse(lease.doneAt)) / 1000 }],
  );
  if (ages.length === 0) return ok('control plane', 'no session runs whose lease would show that it lives');
  const late = ages.filter(({ seconds }) => seconds > LEASE_LATE_SECONDS);
  if (late.length === 0) return ok('control plane', `renews the leases of ${plural(ages.length, 'session')}`);
  const worst = late.reduce((a, b) => (a.seconds > b.seconds ? a : b));
  return problem(
    'control plane',
    `the lease of ${worst.sessionId} was renewed ${duration(worst.seconds)} ago`,
    'See the log of the function reconcile; an instance without a lease saves and powers off after 30 min.',
  );
}

export function checkDenied(name: string, what: string, error: unknown): Check {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return problem(name, message.split('\n')[0] ?? message, `Allow ${what} to whoever uses runctl.`);
}
