/** What this node is within its attempt. */
import type { Order } from '../core/lease';
import { instanceIdOf } from '../core/s3-layout';
import type { AgentContext } from './context';

/** This node's place in the order; 0 where it is not named. */
export function rankOf({ userId }: AgentContext, order: Order): number {
  const own = instanceIdOf(userId);
  return Math.max(
    0,
    order.nodes.findIndex(({ instanceId }) => instanceId === own),
  );
}

export async function gpusOf({ metadata, plan }: AgentContext): Promise<number> {
  const type = await metadata.get('meta-data/instance-type').catch(() => undefined);
  return plan.instanceTypes.find(({ instanceType }) => instanceType === type)?.gpus ?? 0;
}
