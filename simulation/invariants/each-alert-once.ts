/**
 * What happens to a session while it goes on is told at least once, and twice only as often as nobody could know whether
 * it had been said.
 */
import type { Session } from '../../core/session/session';
import type { World } from '../world';
import type { Invariant } from './invariant';
import { Tellings } from './tellings';

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
      return undefined;
    },
  };
}

const sessionOf = (world: World, alertId: string) =>
  [...world.sessions.keys()].find((id) => alertId.startsWith(`${id}-`));

/** What was intended, and the thresholds of a budget that was spent. */
function dueAlerts({ sessionId, alerts, job, cost }: Session): string[] {
  const { maxUsd } = job.limits;
  const spent = maxUsd === null || cost === null ? 0 : (100 * cost.usd) / maxUsd;
  const thresholds = [50, 80, 100].filter((threshold) => spent >= threshold);
  return [...Object.keys(alerts), ...thresholds.map((threshold) => `${sessionId}-budget-${threshold}`)];
}
