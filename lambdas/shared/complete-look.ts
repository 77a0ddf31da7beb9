import type { Fleet, InstanceLook } from '../../core/ports';
import { allNodes, isGone } from '../../core/session/attempts';
import type { Session } from '../../core/session/session';

/**
 * A look by tag, completed by the record: an instance whose tags somebody has taken away still runs and still costs.
 * Returns what was found by either.
 */
export async function completeLook(
  fleet: Pick<Fleet, 'find'>,
  session: Session,
  byTag: readonly InstanceLook[],
): Promise<InstanceLook[]> {
  const seen = new Set(byTag.map(({ instanceId }) => instanceId));
  const missing = allNodes(session).filter((node) => !isGone(node) && !seen.has(node.instanceId));
  const found = await Promise.all(missing.map(({ instanceId }) => fleet.find(instanceId)));
  return [...byTag, ...found.filter((look) => look !== undefined)];
}
