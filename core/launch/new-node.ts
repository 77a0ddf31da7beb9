import type { LaunchedInstance } from '../ports';
import type { LaunchRequest, Node } from '../session/session';
import { iso } from '../time';

/** What an instance does not say of itself. Prices at launch, null when unknown. */
export type NodeDetails = Pick<Node, 'rank' | 'userId' | 'hasPublicAddress' | 'usdPerHour' | 'onDemandUsdPerHour'>;

/** A node as it enters the record; `now` is in milliseconds since the Unix epoch. */
export function newNode(
  { instanceId, instanceType, zone, privateAddress, launchedAt }: LaunchedInstance,
  { market, pools, volumeGiB }: LaunchRequest,
  details: NodeDetails,
  now: number,
): Node {
  return {
    ...{ instanceId, instanceType, zone, privateAddress, launchedAt, market },
    ...details,
    volumeGiB: pools.find((pool) => pool.instanceType === instanceType)?.volumeGiB ?? volumeGiB,
    state: 'pending',
    stateSince: iso(now),
    endedAt: null,
    stateReason: null,
    noticeAt: null,
    rebalanceAt: null,
    suspectSince: null,
    statusAt: null,
    status: null,
    final: null,
    terminateRequestedAt: null,
  };
}
