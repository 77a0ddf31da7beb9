/** Launches that find no room, too little of it, or instances that die before they run. */
import { AwsError, type CallContext, type Operation } from '../../local/service';
import type { CapacityRule } from '../../local/services/ec2/capacity';
import type { Ec2Service } from '../../local/services/ec2/create-ec2';
import type { Random } from '../random';
import type { FaultProfile } from './profile';

/** One of each class that core/launch/launch-errors.ts tells apart, and several of each as EC2 has them. */
const NO_ROOM = [
  'InsufficientInstanceCapacity',
  'UnfulfillableCapacity',
  'SpotMaxPriceTooLow',
  'InsufficientFreeAddressesInSubnet',
  'InternalFailureOfAPool',
];
const QUOTAS = ['MaxSpotInstanceCountExceeded', 'VcpuLimitExceeded', 'InstanceLimitExceeded', 'VolumeLimitExceeded'];
const REFUSED = ['InvalidParameterValue', 'InvalidSubnetID.NotFound', 'Unsupported', 'PendingVerification'];

/** EC2's operations, with a rule of its own for each launch. */
export function refuseLaunches(ec2: Ec2Service, random: Random, faults: FaultProfile['launches']) {
  const inSomeMarket = () => (random.chance(0.5) ? { market: 'spot' as const } : {});
  const ruleOf = (kind: keyof FaultProfile['launches'] | undefined): CapacityRule | undefined => {
    switch (kind) {
      case 'noCapacity':
        return { code: random.pick(NO_ROOM), ...inSomeMarket() };
      case 'quota':
        return { code: random.pick(QUOTAS), ...inSomeMarket() };
      case 'config':
        return { code: random.pick(REFUSED), ...inSomeMarket() };
      case 'doomed':
        return { afterLaunch: true };
      case 'refused':
        return { code: 'RequestLimitExceeded' };
      case 'answerLost':
      case 'partial':
      case undefined:
        return undefined;
    }
  };
  const doomed = new Set<string>();
  /** No answer names them. */
  const leftOut = new Set<string>();
  /** By instance. */
  const fleets = new Map<string, string>();
  const { CreateFleet } = ec2.operations;
  if (CreateFleet === undefined) throw new Error('EC2 cannot launch.');
  const create = async (input: object, context: CallContext): Promise<FleetAnswer> => {
    const answer = (await CreateFleet(input, context)) as FleetAnswer;
    for (const id of idsOf(answer)) fleets.set(id, answer.FleetId ?? '');
    return answer;
  };
  /** Of a gang, one is missing: EC2 took it back at once. The answer is the same when the call is made again. */
  const leaveOut = ({ Instances = [] }: FleetAnswer) => {
    const ids = Instances.at(-1)?.InstanceIds ?? [];
    const left = idsOf({ Instances }).length > 1 ? ids.pop() : undefined;
    if (left === undefined) return;
    leftOut.add(left);
    void ec2.kill(left);
  };
  const launch: Operation = async (input, context) => {
    const kind = random.pickWeighted(faults);
    const rule = ruleOf(kind);
    if (rule === undefined) {
      const answer = await create(input, context);
      if (kind === 'partial') leaveOut(answer);
      if (kind === 'answerLost')
        throw new AwsError('InternalError', 'An internal error has occurred', { statusCode: 500 });
      return answer;
    }
    ec2.capacity(rule);
    try {
      const answer = await create(input, context);
      if (rule.afterLaunch) for (const id of idsOf(answer)) doomed.add(id);
      return answer;
    } finally {
      ec2.clearCapacity();
    }
  };
  return { operations: { ...ec2.operations, CreateFleet: launch }, doomed, leftOut, fleets };
}

interface FleetAnswer {
  FleetId?: string;
  Instances?: { InstanceIds: string[] }[];
}

const idsOf = ({ Instances = [] }: FleetAnswer) => Instances.flatMap(({ InstanceIds }) => InstanceIds);
