/** What befalls machines. */
import type { Ec2Service } from '../../local/services/ec2/create-ec2';
import type { Fate, ModelHosts } from '../hosts/model-hosts';
import type { Happening } from '../observer';
import type { Outages } from './outages';

export interface Scene {
  readonly ec2: Ec2Service;
  readonly hosts: ModelHosts;
  readonly outages: Outages;
  sessionOf(instanceId: string): string | undefined;
  tell(happening: Happening): void;
}

export function befall(scene: Scene, fate: Fate, instanceId: string): void {
  const { ec2, hosts, outages } = scene;
  const instance = ec2.instances().find((each) => each.instanceId === instanceId);
  if (instance === undefined || !['pending', 'running'].includes(instance.state)) return;
  scene.tell({ kind: 'misfortune', fate, instanceId, sessionId: scene.sessionOf(instanceId) });
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
