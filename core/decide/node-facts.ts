/** From a look at EC2 to facts about nodes. */

import type { InstanceLook } from '../ports';
import { allNodes } from '../session/attempts';
import type { Session } from '../session/session';
import type { Facts, NodeFacts } from './facts';

/**
 * Of all instances tagged with the session's id, and of the record's own that EC2 no longer shows (`gone`; the decision
 * knows that a fresh one may not be visible yet).
 */
export function lookFacts(session: Session, looks: readonly InstanceLook[]): Record<string, NodeFacts> {
  const seen = new Map(
    looks.map(({ instanceId, state, stateReason, endedAt, privateAddress, hasPublicAddress }) => [
      instanceId,
      { state, stateReason, endedAt, privateAddress, hasPublicAddress },
    ]),
  );
  const recorded = allNodes(session);
  const missing = recorded
    .filter((node) => !seen.has(node.instanceId) && node.state !== 'gone')
    .map((node) => [node.instanceId, { state: 'gone' as const }] as const);
  return Object.fromEntries([...seen, ...missing]);
}

/** All that a look at EC2 says of a session. */
export function factsOfLook(
  session: Session,
  looks: readonly InstanceLook[],
): Pick<Facts, 'nodes' | 'looks' | 'noInstances'> {
  return { nodes: lookFacts(session, looks), looks, noInstances: foundNothing(looks) };
}

const LIVE = ['pending', 'running', 'stopping', 'stopped', 'shutting-down'];

/** Whether the look, by tag and by record, found nothing that still exists. */
function foundNothing(looks: readonly InstanceLook[]): boolean {
  return !looks.some(({ state }) => LIVE.includes(state));
}
