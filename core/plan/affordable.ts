/** Which markets of an instance type a job may use, by its own limits. */
import type { JobSpec } from '../job/job-spec';
import type { Market } from '../session/session';
import type { InstanceTypePlan } from './plan';

export function marketsOf(job: Pick<JobSpec, 'resources'>): Market[] {
  const { market } = job.resources;
  return market === 'spot-then-on-demand' ? ['spot', 'on-demand'] : [market];
}

type Prices = Pick<InstanceTypePlan, 'spotUsdPerHour' | 'onDemandUsdPerHour'>;

/** USD per hour of one instance; null when unknown. */
export function priceOf(prices: Prices, market: Market): number | null {
  return market === 'spot' ? prices.spotUsdPerHour : prices.onDemandUsdPerHour;
}

/** All nodes together within maxUsdPerHour. A price that is unknown cannot be held against a job. */
export function isAffordable(job: Pick<JobSpec, 'resources' | 'limits'>, prices: Prices, market: Market): boolean {
  const price = priceOf(prices, market);
  const { maxUsdPerHour } = job.limits;
  return price === null || maxUsdPerHour === null || price * job.resources.nodes <= maxUsdPerHour;
}
