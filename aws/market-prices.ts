/** Prices of the two markets: EC2's spot price history, and the price list. Kept for a few minutes. */
import { type _InstanceType, DescribeSpotPriceHistoryCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { GetProductsCommand, type PricingClient } from '@aws-sdk/client-pricing';
import { z } from 'zod';
import { mergePrices, type PriceHistory, type PricePoint } from '../core/costs/prices';
import type { Clock, Prices } from '../core/ports';
import { iso, MINUTE_MS, ms } from '../core/time';
import { pages } from './pages';

/** Shorter than the interval of track-costs. */
const KEPT_MS = 4 * MINUTE_MS;

export interface MarketPricesOptions {
  ec2: EC2Client;
  pricing: PricingClient;
  region: string;
  clock: Clock;
  onUnknown: (what: string, error: unknown) => void;
}

export class MarketPrices implements Prices {
  readonly #kept = new Map<string, { at: number; value: Promise<unknown> }>();
  /** From when on the history of a pool was asked for. */
  readonly #histories = new Map<string, { since: string; ask: () => Promise<PriceHistory | null> }>();

  constructor(private readonly options: MarketPricesOptions) {}

  async spot(instanceType: string, zone: string): Promise<number | null> {
    return (await this.#spotByZone(instanceType)).get(zone) ?? null;
  }

  async lowestSpot(instanceType: string): Promise<number | null> {
    const prices = [...(await this.#spotByZone(instanceType)).values()];
    return prices.length === 0 ? null : Math.min(...prices);
  }

  onDemand(instanceType: string): Promise<number | null> {
    return this.#keep(`the on-demand price of ${instanceType}`, null, () => this.#askPriceList(instanceType));
  }

  #spotByZone(instanceType: string): Promise<Map<string, number>> {
    return this.#keep(`the spot price of ${instanceType}`, new Map(), () => this.#askSpotHistory(instanceType));
  }

  async spotHistory(instanceType: string, zone: string, since: string): Promise<PriceHistory | null> {
    const what = `the spot prices of ${instanceType} in ${zone}`;
    const known = this.#histories.get(what);
    if (known !== undefined && ms(known.since) <= ms(since)) return this.#keep(what, null, known.ask);
    const ask = () => this.#askSpotChanges(instanceType, zone, since);
    this.#histories.set(what, { since, ask });
    this.#kept.delete(what);
    return this.#keep(what, null, ask);
  }

  volumeUsdPerGibMonth(): Promise<number | null> {
    const filters = { productFamily: 'Storage', volumeApiName: 'gp3', regionCode: this.options.region };
    return this.#keep('the price of gp3 volumes', null, () => this.#lowestListed(filters, 'GB-Mo'));
  }

  async #askSpotChanges(instanceType: string, zone: string, since: string): Promise<PriceHistory | null> {
    const until = iso(this.options.clock.now());
    const changes = pages(async (token) => {
      const { SpotPriceHistory: items, NextToken: next } = await this.options.ec2.send(
        new DescribeSpotPriceHistoryCommand({
          InstanceTypes: [instanceType as _InstanceType],
          AvailabilityZone: zone,
          ProductDescriptions: ['Linux/UNIX'],
          StartTime: new Date(since),
          ...(token === undefined ? {} : { NextToken: token }),
        }),
      );
      return { items, next };
    });
    const points: PricePoint[] = [];
    for await (const { Timestamp, SpotPrice } of changes) {
      if (Timestamp !== undefined && Number(SpotPrice) > 0) {
        points.push({ at: Timestamp.toISOString(), usdPerHour: Number(SpotPrice) });
      }
    }
    return points.length === 0 ? null : { points: mergePrices([], points), until };
  }

  /** With the start at now, EC2 still gives the price in force before it, zone by zone. */
  async #askSpotHistory(instanceType: string): Promise<Map<string, number>> {
    const { SpotPriceHistory } = await this.options.ec2.send(
      new DescribeSpotPriceHistoryCommand({
        InstanceTypes: [instanceType as _InstanceType],
        ProductDescriptions: ['Linux/UNIX'],
        StartTime: new Date(this.options.clock.now()),
      }),
    );
    const newestLast = [...(SpotPriceHistory ?? [])].sort(
      (a, b) => (a.Timestamp?.getTime() ?? 0) - (b.Timestamp?.getTime() ?? 0),
    );
    const prices = new Map<string, number>();
    for (const { AvailabilityZone: zone, SpotPrice } of newestLast) {
      const usd = Number(SpotPrice);
      if (zone !== undefined && usd > 0) prices.set(zone, usd);
    }
    return prices;
  }

  #askPriceList(instanceType: string): Promise<number | null> {
    const filters = {
      instanceType,
      regionCode: this.options.region,
      operatingSystem: 'Linux',
      tenancy: 'Shared',
      capacitystatus: 'Used',
      preInstalledSw: 'NA',
    };
    return this.#lowestListed(filters, 'Hrs');
  }

  async #lowestListed(filters: Record<string, string>, unit: string): Promise<number | null> {
    const { PriceList } = await this.options.pricing.send(
      new GetProductsCommand({
        ServiceCode: 'AmazonEC2',
        Filters: Object.entries(filters).map(([Field, Value]) => ({ Type: 'TERM_MATCH', Field, Value })),
      }),
    );
    const prices = (PriceList ?? []).flatMap((item: unknown) => listedPrices(String(item), unit));
    return prices.length === 0 ? null : Math.min(...prices);
  }

  async #keep<T>(what: string, unknown: T, ask: () => Promise<T>): Promise<T> {
    const now = this.options.clock.now();
    const kept = this.#kept.get(what);
    if (kept !== undefined && now - kept.at < KEPT_MS) return kept.value as Promise<T>;
    const value = ask().catch((error: unknown) => {
      this.#kept.delete(what);
      this.options.onUnknown(what, error);
      return unknown;
    });
    this.#kept.set(what, { at: now, value });
    return value;
  }
}

const productSchema = z.object({
  terms: z.object({
    OnDemand: z
      .record(
        z.string(),
        z.object({
          priceDimensions: z.record(
            z.string(),
            z.object({ unit: z.string().optional(), pricePerUnit: z.object({ USD: z.string().optional() }) }),
          ),
        }),
      )
      .optional(),
  }),
});

function listedPrices(item: string, unit: string): number[] {
  const product = productSchema.safeParse(JSON.parse(item));
  if (!product.success) return [];
  return Object.values(product.data.terms.OnDemand ?? {})
    .flatMap(({ priceDimensions }) => Object.values(priceDimensions))
    .filter((dimension) => dimension.unit === undefined || dimension.unit === unit)
    .map(({ pricePerUnit }) => Number(pricePerUnit.USD))
    .filter((usd) => usd > 0);
}

/** The price list answers in three regions only (https://docs.aws.amazon.com/general/latest/gr/billing.html). */
export function pricingRegion(region: string): string {
  if (region.startsWith('eu-')) return 'eu-central-1';
  return region.startsWith('ap-') ? 'ap-south-1' : 'us-east-1';
}
