/** Launches that find no room, too little of it, or instances that die before they run. */
import { AwsError, type Operation } from '../../local/service';
import type { CapacityRule } from '../../local/services/ec2/capacity';
import type { Ec2Service } from '../../local/services/ec2/create-ec2';
import type { Random } from '../random';
import type { FaultProfile } from './profile';

const NO_ROOM = [
  'InsufficientInstanceCapacity',
  'UnfulfillableCapacity',
  'SpotMaxPriceTooLow',
  'MaxSpotInstanceCountExceeded',
];

/** EC2's operations, with a rule of its own for each launch. */
export function refuseLaunches(ec2: Ec2Service, random: Random, faults: FaultProfile['launches']) {
  const ruleOf = (kind: keyof FaultProfile['launches'] | undefined): CapacityRule | undefined => {
    switch (kind) {
      case 'noCapacity':
        return { code: random.pick(NO_ROOM.slice(0, 3)), ...(random.chance(0.5) ? { market: 'spot' } : {}) };
      case 'quota':
        return { code: random.pick(['MaxSpotInstanceCountExceeded', 'VcpuLimitExceeded']), market: 'spot' };
      case 'doomed':
        return { afterLaunch: true };
      case 'refused':
        return { code: 'RequestLimitExceeded' };
      case 'answerLost':
      case undefined:
        return undefined;
    }
  };
  const doomed = new Set<string>();
  const { CreateFleet } = ec2.operations;
  if (CreateFleet === undefined) throw new Error('EC2 cannot launch.');
  const launch: Operation = async (input, context) => {
    const kind = random.pickWeighted(faults);
    const rule = ruleOf(kind);
    if (rule === undefined) {
      const answer = await CreateFleet(input, context);
      if (kind === 'answerLost')
        throw new AwsError('InternalError', 'An internal error has occurred', { statusCode: 500 });
      return answer;
    }
    ec2.capacity(rule);
    try {
      const answer = await CreateFleet(input, context);
      const { Instances = [] } = answer as { Instances?: { InstanceIds: string[] }[] };
      if (rule.afterLaunch) for (const { InstanceIds } of Instances) for (const id of InstanceIds) doomed.add(id);
      return answer;
    } finally {
      ec2.clearCapacity();
    }
  };
  return { operations: { ...ec2.operations, CreateFleet: launch }, doomed };
}
