/** The spot market: prices that change while machines run. */
import type { Clock } from '../../local/clock';
import { INSTANCE_TYPES } from '../../local/data/instance-types';
import type { Ec2Service } from '../../local/services/ec2/create-ec2';
import type { Random } from '../random';
import { JOB_TYPES } from '../scenario';
import type { FaultProfile } from './profile';

const HOUR_MS = 60 * 60_000;
/** Prices change within this of the world's beginning. */
const HOURS = 2;
/** Of the on-demand price. */
const LOWEST = 0.3;
const HIGHEST = 0.6;

export function changePrices(
  { changes }: FaultProfile['prices'],
  { clock, ec2, random }: { clock: Clock; ec2: Ec2Service; random: Random },
): void {
  for (let change = 0; change < changes * HOURS; change++) {
    const type = random.pick(JOB_TYPES);
    const share = random.between(LOWEST, HIGHEST);
    const usdPerHour = Math.round((INSTANCE_TYPES.get(type)?.onDemandUsd ?? 0) * share * 10_000) / 10_000;
    clock.schedule(random.between(0, HOURS) * HOUR_MS, () => ec2.setSpotPrice(type, usdPerHour));
  }
}
