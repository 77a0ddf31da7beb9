/** What the other nodes of a gang have said of themselves: from their own objects, with or without a control plane. */
import type { Order } from '../core/node/lease';
import { finalStatusSchema, SILENT_SECONDS } from '../core/node/node-status';
import { finalKey, instanceIdOf, statusKey, userIdBeside } from '../core/s3-layout';
import type { AgentContext } from './context';
import { inParallel } from './parallel';
import { messageOf } from './retry';

const PARALLEL_READS = 16;

/** The aws:userids of all nodes of the order, by rank. */
export function userIdsOf({ userId }: Pick<AgentContext, 'userId'>, { nodes }: Order): string[] {
  return nodes.map(({ instanceId }) => userIdBeside(userId, instanceId));
}

type Ask = (context: AgentContext, peer: string) => Promise<boolean>;

/** Whether another node has its notice, or has ended and not by finishing. */
export const isPeerLeaving = (context: AgentContext, order: Order) => anyPeer(context, order, isLeaving);

/** Whether another node's heartbeat has stopped: it is gone, hangs, or is cut off. */
export const isPeerSilent = (context: AgentContext, order: Order) => anyPeer(context, order, isSilent);

/** What cannot be read says nothing. */
async function anyPeer(context: AgentContext, order: Order, ask: Ask): Promise<boolean> {
  const peers = userIdsOf(context, order).filter((peer) => instanceIdOf(peer) !== instanceIdOf(context.userId));
  const answers = await inParallel(peers, PARALLEL_READS, async (peer) => {
    try {
      return await ask(context, peer);
    } catch (error) {
      context.log(`what ${peer} says: ${messageOf(error)}`);
      return false;
    }
  });
  return answers.includes(true);
}

async function isLeaving({ store, config }: AgentContext, peer: string): Promise<boolean> {
  const stored = await store.getText({ bucket: config.bucket, key: finalKey(peer) });
  const final = stored && finalStatusSchema.parse(JSON.parse(stored.text));
  return final !== undefined && final.attempt === config.attempt && final.outcome !== 'succeeded';
}

/** By S3's own dates: clocks of nodes may be wrong. */
async function isSilent({ store, config }: AgentContext, peer: string): Promise<boolean> {
  const stored = await store.getText({ bucket: config.bucket, key: statusKey(peer) });
  return stored !== undefined && stored.ageMs > SILENT_SECONDS * 1000;
}
