/** What befalls machines. */
import type { Fate } from '../hosts/model-hosts';
import type { World } from '../world';

export function befall(world: World, fate: Fate, instanceId: string): void {
  const { ec2, hosts, outages } = world;
  const instance = ec2.instances().find((each) => each.instanceId === instanceId);
  if (instance === undefined || !['pending', 'running'].includes(instance.state)) return;
  world.tell({ kind: 'misfortune', fate, instanceId, sessionId: world.sessionOf(instanceId) });
  const isSpot = instance.spec.market === 'spot';
  switch (fate) {
    case 'notice':
      if (isSpot) ec2.interrupt(instanceId);
      else void ec2.kill(instanceId);
      break;
    case 'noticeWithoutEvent':
      if (isSpot) outages.withoutEvents(() => ec2.interrupt(instanceId));
      break;
    case 'rebalanceOnly':
      if (isSpot) ec2.rebalance(instanceId);
      break;
    case 'killed':
      void ec2.kill(instanceId);
      break;
    case 'vanished':
      void ec2.kill(instanceId, { silent: true });
      break;
    case 'networkLost':
      hosts.loseNetwork(instanceId);
      break;
    case 'hung':
      hosts.hang(instanceId);
      break;
    case 'agentCrash':
      hosts.get(instanceId)?.crashAgent();
      break;
    case 'neverRegisters':
      break;
  }
}
