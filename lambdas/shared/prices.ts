import type { EC2Client } from '@aws-sdk/client-ec2';
import { PricingClient } from '@aws-sdk/client-pricing';
import { clientConfig } from '../../aws/client-config';
import { MarketPrices, pricingRegion } from '../../aws/market-prices';
import { systemClock } from './clients';
import { errorFields, type Log } from './log';

/** Prices of both markets; what cannot be asked for is logged and unknown. */
export function wirePrices(ec2: EC2Client, region: string, log: Log): MarketPrices {
  return new MarketPrices({
    ec2,
    region,
    clock: systemClock,
    pricing: new PricingClient({ ...clientConfig, region: pricingRegion(region) }),
    onUnknown: (what, error) => log.warn('A price is unknown', { what, ...errorFields(error) }),
  });
}
