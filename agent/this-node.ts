/** What this node is within its attempt. */
import type { Order } from '../core/node/lease';
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

/** As the plan has this instance's type; of one that it does not know, the least that there can be. */
export async function devicesOf({ metadata, plan }: AgentContext): Promise<{ cpus: number; gpus: number }> {
  const type = await metadata.get('meta-data/instance-type').catch(() => undefined);
  const found = plan.instanceTypes.find(({ instanceType }) => instanceType === type);
  return { cpus: found?.vcpus ?? 1, gpus: found?.gpus ?? 0 };
}
