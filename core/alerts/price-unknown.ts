import { poolOf } from '../costs/prices';
import { stopCommand } from '../notifications/commands';
import type { Notification } from '../notifications/notification';
import { allNodes, isEnding } from '../session/attempts';
import type { Node, Session } from '../session/session';
import { isOlderThan, MINUTE_MS } from '../time';
import { sessionAlert } from './alert';

/** Prices are asked for every five minutes: long enough for two tries. */
const ASKED_ENOUGH_MS = 12 * MINUTE_MS;

/** Once per session: costs are being run up that nobody can add up. */
export function priceUnknown(session: Session, now: number): Notification[] {
  const nodes = allNodes(session).filter((node) => isUnpriced(session, node, now));
  if (nodes.length === 0) return [];
  const pools = [...new Set(nodes.map((node) => `${node.instanceType} (${node.market}) in ${node.zone}`))];
  return [
    sessionAlert(session, now, {
      kind: 'price-unknown',
      severity: 'warning',
      id: 'price-unknown',
      headline: 'runs at an unknown price',
      lines: [
        `No price could be found for ${pools.join(', ')}. Its costs are shown as unknown, not as 0, and limits.maxUsd counts them at the on-demand price, or cannot act if that is unknown too.`,
        'limits.maxHours and everything else go on as usual; nothing was stopped. To save and stop:',
        `  ${stopCommand(session)}`,
      ],
    }),
  ];
}

function isUnpriced({ spotPrices }: Session, node: Node, now: number): boolean {
  const isKnown = node.usdPerHour !== null || (spotPrices[poolOf(node)] ?? []).length > 0;
  return !isKnown && !isEnding(node) && isOlderThan(node.launchedAt, ASKED_ENOUGH_MS, now);
}
