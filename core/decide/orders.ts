/** The orders that a session's lease carries: one for each attempt that may still act. */
import type { Order } from '../node/lease';
import { isGone, openAttempts } from '../session/attempts';
import type { Attempt, Node, Session } from '../session/session';
import { isOlderThan, MINUTE_MS } from '../time';
import { isGathered, lostPeer } from './gang';
import { limitOf } from './limits';

/** An instance that has been shutting down this long trains no more. */
const SHUT_DOWN_MS = 5 * MINUTE_MS;

/** By attempt number. An attempt that has ended is not named: what is left of it is superseded, saves and stops. */
export function ordersOf(session: Session, now: number): Record<string, Order> {
  if (session.outcome) return {};
  const launched = openAttempts(session).filter(({ nodes }) => nodes.length > 0);
  return Object.fromEntries(launched.map((attempt) => [attempt.number, orderFor(session, attempt, now)]));
}

function orderFor(session: Session, attempt: Attempt, now: number): Order {
  const { stopRequest } = session;
  const limit = limitOf(session, attempt);
  const earlier = session.attempts.filter(({ number }) => number < attempt.number);
  const mayTrain =
    earlier.flatMap(({ nodes }) => nodes).every((node) => trainsNoMore(node, now)) && isGathered(attempt);
  const isLeft = lostPeer(attempt) !== undefined;
  const reason = stopRequest?.reason ?? attempt.intervention?.error ?? (isLeft ? 'PeerLost' : null);
  return {
    go: mayTrain,
    desired: reason === null ? 'run' : 'stop',
    reason,
    immediate: stopRequest?.immediate ?? false,
    stopAt: limit?.stopAt ?? null,
    stopAtReason: limit?.reason ?? null,
    resumeCandidates: mayTrain ? candidates(session, earlier) : [],
    nodes: [...attempt.nodes]
      .sort((a, b) => a.rank - b.rank)
      .map(({ instanceId, privateAddress }) => ({ instanceId, privateAddress })),
  };
}

/** The fence: two attempts of a session never train at once. */
function trainsNoMore(node: Node, now: number): boolean {
  return (
    node.final?.outcome != null ||
    isGone(node) ||
    (node.state === 'shutting-down' && isOlderThan(node.stateSince, SHUT_DOWN_MS, now))
  );
}

function candidates(session: Session, earlier: readonly Attempt[]): string[] {
  const own = [...earlier].reverse().flatMap(({ nodes }) => nodes.map(({ userId }) => userId));
  return [...own, ...session.inheritedCandidates];
}
