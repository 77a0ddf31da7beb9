/** What EC2 and SSM say of nodes that have gone silent: asked for all sessions at once, because their request rates are low. */

import type { NodeFacts } from '../../core/decide/facts';
import { isStale } from '../../core/decide/observe';
import type { Fleet, Presence } from '../../core/ports';
import { isEnding, openAttempts } from '../../core/session/attempts';
import type { Node, Session } from '../../core/session/session';

interface Deps {
  presence: Presence;
  fleet: Pick<Fleet, 'impaired'>;
}

export type Health = ReadonlyMap<string, Pick<NodeFacts, 'isSsmOnline' | 'isImpaired'>>;

/**
 * By instance id. Silence is judged by what the last pass recorded: a node that speaks again in this pass is not
 * suspected whatever its health says (core/decide/observe.ts). `now` is in milliseconds since the Unix epoch.
 */
export async function checkHealth({ presence, fleet }: Deps, open: Iterable<Session>, now: number): Promise<Health> {
  const ids = [...open].flatMap((session) => silentNodes(session, now)).map(({ instanceId }) => instanceId);
  if (ids.length === 0) return new Map();
  const [online, impaired] = await Promise.all([presence.online(ids), fleet.impaired(ids)]);
  return new Map(ids.map((id) => [id, { isSsmOnline: online.has(id), isImpaired: impaired.has(id) }]));
}

/** Nodes of attempts that were started whose newest status is stale. */
function silentNodes(session: Session, now: number): Node[] {
  if (session.outcome !== null) return [];
  const started = openAttempts(session).filter(({ command }) => command?.doneAt != null);
  return started
    .flatMap(({ nodes }) => nodes)
    .filter((node) => !isEnding(node) && node.final?.outcome == null && isStale(node, now));
}
