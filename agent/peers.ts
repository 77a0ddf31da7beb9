/** What the other nodes of a gang have said of themselves: from their own objects, with or without a control plane. */
import type { Order } from '../core/lease';
import { finalStatusSchema } from '../core/node-status';
import { finalKey, instanceIdOf, userIdBeside } from '../core/s3-layout';
import type { AgentContext } from './context';
import { inParallel } from './parallel';
import { messageOf } from './retry';

const PARALLEL_READS = 16;

/** The aws:userids of all nodes of the order, by rank. */
export function userIdsOf({ userId }: Pick<AgentContext, 'userId'>, { nodes }: Order): string[] {
  return nodes.map(({ instanceId }) => userIdBeside(userId, instanceId));
}

/** Whether another node has its notice, or has ended and not by finishing. What cannot be read says nothing. */
export async function isPeerLeaving(context: AgentContext, order: Order): Promise<boolean> {
  const peers = userIdsOf(context, order).filter((peer) => instanceIdOf(peer) !== instanceIdOf(context.userId));
  return (await inParallel(peers, PARALLEL_READS, (peer) => isLeaving(context, peer))).includes(true);
}

async function isLeaving({ store, config, log }: AgentContext, peer: string): Promise<boolean> {
  try {
    const stored = await store.getText({ bucket: config.bucket, key: finalKey(peer) });
    const final = stored && finalStatusSchema.parse(JSON.parse(stored.text));
    return final !== undefined && final.attempt === config.attempt && final.outcome !== 'succeeded';
  } catch (error) {
    log(`last word of ${peer}: ${messageOf(error)}`);
    return false;
  }
}
