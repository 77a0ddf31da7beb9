/**
 * What one node costs: the instance by its pool's prices over its life, its disk, its public address. Per second from
 * launch to its end, 60 s at least. What is not known is null, never 0.
 */
import type { Node, Session } from '../session/session';
import { HOUR_MS, ms, SECOND_MS } from '../time';
import { integrate, poolOf } from './prices';
import { PUBLIC_IPV4_USD_PER_HOUR, volumeUsdPerHour } from './unit-prices';

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html */
export const LEAST_SECONDS = 60;
/**
 * AWS waives the first hour of a spot instance that it interrupts, and says so in the state reason
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-for-interrupted-spot-instances.html). Disk and address
 * are paid for all the same.
 */
const AWS_INTERRUPTED = 'Server.SpotInstanceTermination';

export interface NodeCost {
  /** ISO 8601; null while it runs. */
  endedAt: string | null;
  seconds: number;
  /** AWS interrupted it within its first hour and charges nothing for the instance. */
  isWaived: boolean;
  instanceUsd: number | null;
  /** What the instance would have cost on demand. */
  onDemandUsd: number | null;
  volumeUsd: number | null;
  /** null: whether it has an address is not known yet. */
  addressUsd: number | null;
}

/** Up to `untilMs` (milliseconds since the Unix epoch), as if it had not ended before its end. */
export function nodeCost(session: PricedBy, node: Node, untilMs: number): NodeCost {
  const launchedMs = ms(node.launchedAt);
  const endedAt = node.endedAt !== null && ms(node.endedAt) <= untilMs ? node.endedAt : null;
  const seconds = billedSeconds(launchedMs, endedAt === null ? untilMs : ms(endedAt));
  const hours = (seconds * SECOND_MS) / HOUR_MS;
  const isWaived = wasWaived(node);
  return {
    endedAt,
    seconds,
    isWaived,
    instanceUsd: isWaived ? 0 : instanceUsd(session, node, launchedMs, launchedMs + seconds * SECOND_MS),
    onDemandUsd: node.onDemandUsdPerHour === null ? null : node.onDemandUsdPerHour * hours,
    volumeUsd: volumeUsd(session, node, hours),
    addressUsd: node.hasPublicAddress === null ? null : node.hasPublicAddress ? PUBLIC_IPV4_USD_PER_HOUR * hours : 0,
  };
}

export type PricedBy = Pick<Session, 'spotPrices' | 'volumeUsdPerGibMonth'>;

function billedSeconds(fromMs: number, toMs: number): number {
  return toMs < fromMs ? 0 : Math.max(LEAST_SECONDS, Math.round((toMs - fromMs) / SECOND_MS));
}

function wasWaived({ market, stateReason, launchedAt, endedAt }: Node): boolean {
  const isInterrupted = market === 'spot' && stateReason === AWS_INTERRUPTED && endedAt !== null;
  return isInterrupted && ms(endedAt) - ms(launchedAt) < HOUR_MS;
}

/** The price at launch holds before the first point of the pool's history. */
function instanceUsd({ spotPrices }: PricedBy, node: Node, fromMs: number, toMs: number): number | null {
  const points = node.market === 'spot' ? (spotPrices[poolOf(node)] ?? []) : [];
  return integrate(points, node.usdPerHour, fromMs, toMs);
}

function volumeUsd({ volumeUsdPerGibMonth }: PricedBy, { volumeGiB }: Node, hours: number): number | null {
  return volumeUsdPerGibMonth === null ? null : volumeUsdPerHour(volumeUsdPerGibMonth, volumeGiB) * hours;
}
