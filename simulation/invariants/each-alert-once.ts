/**
 * What happens to a session while it goes on is told at least once, and each threshold of a budget once in its month; twice
 * only as often as nobody could know whether it had been said.
 */
import { type Budget, monthAt } from '../../core/costs/budgets';
import type { Session } from '../../core/session/session';
import type { World } from '../world';
import type { Invariant } from './invariant';
import { Tellings } from './tellings';

const THRESHOLDS = [50, 80, 100];
const FINISHED = '-finished';

export function eachAlertOnce(): Invariant {
  const said = new Tellings();
  return {
    name: 'each alert is told once',
    see(happening, world) {
      if (happening.kind === 'invocation' && !['started', 'ended', 'ServiceException'].includes(happening.outcome)) {
        for (const alertId of world.alertsOf(happening.requestId)) said.of(alertId).unknown += 1;
      }
      if (happening.kind !== 'published' || happening.alertId.endsWith(FINISHED)) return undefined;
      said.tell(happening.alertId, happening.isKnown);
      return undefined;
    },
    atEnd(world) {
      for (const [alertId, { times, unknown }] of said) {
        if (times > 1 + unknown) {
          return {
            sessionId: sessionOf(world, alertId),
            what: `${alertId} was told ${times} times, ${unknown} of them unknown.`,
          };
        }
      }
      for (const session of world.sessions.values()) {
        const missing = dueAlerts(session).find((alertId) => !said.has(alertId));
        if (missing !== undefined) return { sessionId: session.sessionId, what: `Nobody was told ${missing}.` };
      }
      const missing = dueBudgetAlerts(world).find((alertId) => !said.has(alertId));
      return missing === undefined ? undefined : { sessionId: undefined, what: `Nobody was told ${missing}.` };
    },
  };
}

const sessionOf = (world: World, alertId: string) =>
  [...world.sessions.keys()].find((id) => alertId.startsWith(`${id}-`));

/** What was intended, and the thresholds of a budget that was spent. */
function dueAlerts({ sessionId, alerts, job, cost }: Session): string[] {
  const { maxUsd } = job.limits;
  const spent = maxUsd === null || cost === null ? 0 : (100 * cost.usd) / maxUsd;
  const thresholds = THRESHOLDS.filter((threshold) => spent >= threshold);
  return [...Object.keys(alerts), ...thresholds.map((threshold) => `${sessionId}-budget-${threshold}`)];
}

/** Of the stack's budgets. When the month ends meanwhile, what was spent in which is not told apart here. */
function dueBudgetAlerts(world: World): string[] {
  const month = monthAt(world.clock.startedAtMs);
  if (monthAt(world.nowMs) !== month) return [];
  const spent = new Map<string, { budget: Budget; usd: number }>();
  for (const { sessionId, cost } of world.sessions.values()) {
    for (const budget of world.budgetsOf(sessionId)) {
      const name = `budget-${budget.scope}-${budget.name}-${month}`;
      spent.set(name, { budget, usd: (spent.get(name)?.usd ?? 0) + (cost?.usd ?? 0) });
    }
  }
  return [...spent].flatMap(([name, { budget, usd }]) =>
    THRESHOLDS.filter((threshold) => (100 * usd) / budget.monthUsd >= threshold).map(
      (threshold) => `${name}-${threshold}`,
    ),
  );
}
