/**
 * Instances that were launched and never recorded: launch-nodes died between CreateFleet and its record, and the session
 * ended before it was called again. Nobody will record them any more, but they are on the bill.
 */
import { newNode } from '../launch/new-node';
import type { InstanceLook } from '../ports';
import { instanceIdsOf, withAttempt } from '../session/attempts';
import { type Attempt, type Session, withTimeline } from '../session/session';
import { iso, ms, SECOND_MS } from '../time';
import type { Facts } from './facts';

/** The record of an ended session with the instances of its unfinished launches. Their prices are track-costs' to find. */
export function adopt(session: Session, { looks = [] }: Facts, now: number): Session {
  if (session.outcome === null) return session;
  const known = new Set(instanceIdsOf(session));
  const strangers = looks.filter(({ instanceId }) => !known.has(instanceId));
  return session.attempts.reduce((sofar, attempt) => {
    const own = strangers.filter((look) => isOf(attempt, look));
    return own.length === 0 ? sofar : withStrangers(sofar, attempt, own, now);
  }, session);
}

/** What an earlier try of this attempt gave back is on the bill already. */
function isOf({ number, launch }: Attempt, look: InstanceLook): boolean {
  const isUnfinished = launch.doneAt === null && look.market === launch.request.market;
  // EC2 tells the time of a launch in whole seconds.
  return look.attempt === number && isUnfinished && ms(look.launchedAt) > ms(launch.requestedAt) - SECOND_MS;
}

function withStrangers(session: Session, attempt: Attempt, looks: readonly InstanceLook[], now: number): Session {
  const fresh = looks.map((look, index) => {
    const details = {
      rank: attempt.nodes.length + index,
      userId: `unrecorded:${look.instanceId}`,
      // One that has ended shows none any more.
      hasPublicAddress: look.hasPublicAddress ?? true,
      usdPerHour: null,
      onDemandUsdPerHour: null,
    };
    return newNode(look, attempt.launch.request, details, now);
  });
  const found = withAttempt(session, { ...attempt, nodes: [...attempt.nodes, ...fresh] });
  const ids = fresh.map(({ instanceId }) => instanceId).join(', ');
  return withTimeline(found, iso(now), `Found what attempt ${attempt.number} launched: ${ids}`);
}
