/** Which prices a session's costs still lack. */
import { allNodes } from '../session/attempts';
import type { Node, Session } from '../session/session';
import { ms } from '../time';
import { poolOf } from './prices';

/** The prices of a pool from `since` (ISO 8601) on. */
export interface PriceGap {
  instanceType: string;
  zone: string;
  since: string;
}

/** One for each pool in which a spot node has run since the pool was last asked about. */
export function spotPriceGaps(session: Session): PriceGap[] {
  const gaps = new Map<string, PriceGap>();
  for (const node of allNodes(session)) {
    if (isPriced(session, node)) continue;
    const { instanceType, zone, launchedAt } = node;
    const newest = session.spotPrices[poolOf(node)]?.at(-1)?.at;
    const since = newest === undefined || !isKnownAtLaunch(session, node) ? launchedAt : newest;
    const earlier = gaps.get(poolOf(node));
    if (earlier === undefined || ms(since) < ms(earlier.since)) gaps.set(poolOf(node), { instanceType, zone, since });
  }
  return [...gaps.values()];
}

/** Instance types of nodes whose on-demand price was not known when they were launched. */
export function onDemandPriceGaps(session: Session): string[] {
  const unknown = allNodes(session).filter(({ onDemandUsdPerHour }) => onDemandUsdPerHour === null);
  return [...new Set(unknown.map(({ instanceType }) => instanceType))];
}

export function lacksPrices(session: Session): boolean {
  return spotPriceGaps(session).length > 0 || onDemandPriceGaps(session).length > 0;
}

/** Its pool was asked about after its end: an answer that failed to come leaves the question open. */
function isPriced(session: Session, node: Node): boolean {
  const until = session.spotPricesUntil?.[poolOf(node)];
  if (node.market !== 'spot') return true;
  const isKnownAtEnd = node.endedAt !== null && until !== undefined && ms(node.endedAt) <= ms(until);
  return isKnownAtEnd && isKnownAtLaunch(session, node);
}

/** The pool's history may begin with a node that was launched later. */
function isKnownAtLaunch({ spotPrices }: Session, node: Node): boolean {
  const [first] = spotPrices[poolOf(node)] ?? [];
  return node.usdPerHour !== null || (first !== undefined && ms(first.at) <= ms(node.launchedAt));
}
