/**
 * Spot prices: a share of the on-demand price, different in each zone, changing every few hours by a few per cent.
 * A function of seed, pool and time, so that history never contradicts itself.
 */
import { createHash } from 'node:crypto';
import type { DescribeSpotPriceHistoryRequest, SpotPrice } from '@aws-sdk/client-ec2';
import { INSTANCE_TYPES, type InstanceType } from '../../data/instance-types';
import { LocalUnsupported } from '../../service';
import { isOffered } from './capacity';
import type { Ec2Model } from './model';
import { allowOnly, applyFilters, paginate } from './request';

const PERIOD_MS = 5 * 3_600_000;
const HISTORY_MS = 90 * 24 * 3_600_000;
const PRODUCT = 'Linux/UNIX';

export class SpotPrices {
  /** By instance type, oldest first. */
  readonly #set = new Map<string, { atMs: number; usd: number }[]>();

  constructor(
    readonly model: Ec2Model,
    readonly seed: string,
  ) {}

  /** From now on, in every zone. */
  set(instanceType: string, usd: number): void {
    const earlier = this.#set.get(instanceType) ?? [];
    this.#set.set(instanceType, [...earlier, { atMs: this.model.clock.now(), usd }]);
  }

  /** USD per hour now. */
  current(type: InstanceType, zone: string): number {
    const set = this.#set.get(type.name)?.at(-1);
    if (set !== undefined) return set.usd;
    return this.#price(type, zone, this.#period(type, zone, this.model.clock.now()));
  }

  describe(input: DescribeSpotPriceHistoryRequest) {
    const members = ['InstanceTypes', 'ProductDescriptions', 'StartTime', 'EndTime', 'AvailabilityZone', 'Filters'];
    allowOnly(input, [...members, 'MaxResults', 'NextToken', 'DryRun'], 'DescribeSpotPriceHistory');
    const products = input.ProductDescriptions?.length ? input.ProductDescriptions : [PRODUCT];
    const other = products.find((product) => product.replace(' (Amazon VPC)', '') !== PRODUCT);
    if (other) throw new LocalUnsupported('ec2', `Spot prices for ${other}`);
    const now = this.model.clock.now();
    const endMs = Math.min(input.EndTime?.getTime() ?? now, now);
    const startMs = Math.min(Math.max(input.StartTime?.getTime() ?? 0, now - HISTORY_MS), endMs);
    const pools = this.#pools(input).flatMap(({ type, zone }) => this.#history(type, zone, startMs, endMs));
    const sorted = pools.sort((a, b) => (b.Timestamp?.getTime() ?? 0) - (a.Timestamp?.getTime() ?? 0));
    const { items, NextToken } = paginate(sorted, input);
    return { SpotPriceHistory: items, NextToken: NextToken ?? '' };
  }

  #pools(input: DescribeSpotPriceHistoryRequest): { type: InstanceType; zone: string }[] {
    const names = input.InstanceTypes?.length ? input.InstanceTypes : [...INSTANCE_TYPES.keys()];
    const zones = input.AvailabilityZone ? [input.AvailabilityZone] : this.model.zones;
    const pools = names.flatMap((name) => {
      const type = INSTANCE_TYPES.get(name);
      return type ? zones.filter((zone) => isOffered(name, zone)).map((zone) => ({ type, zone })) : [];
    });
    return applyFilters(pools, input.Filters, {
      values: {
        'availability-zone': ({ zone }) => zone,
        'instance-type': ({ type }) => type.name,
        'product-description': () => PRODUCT,
      },
    });
  }

  /** Changes within the span, and the one in force at its start. */
  #history(type: InstanceType, zone: string, startMs: number, endMs: number): SpotPrice[] {
    const set = this.#set.get(type.name) ?? [];
    const firstSetMs = set[0]?.atMs ?? Number.POSITIVE_INFINITY;
    const drawn = startMs < firstSetMs ? this.#drawn(type, zone, startMs, Math.min(endMs, firstSetMs)) : [];
    const inForce = set.filter(({ atMs }, index) => atMs <= endMs && (set[index + 1]?.atMs ?? endMs) >= startMs);
    return [...drawn, ...inForce.map(({ atMs, usd }) => spotPrice(type, zone, atMs, usd))];
  }

  #drawn(type: InstanceType, zone: string, startMs: number, endMs: number): SpotPrice[] {
    const first = this.#period(type, zone, startMs);
    const last = this.#period(type, zone, endMs);
    return Array.from({ length: last - first + 1 }, (_, index) => {
      const period = first + index;
      const atMs = period * PERIOD_MS - this.#offsetMs(type, zone);
      return spotPrice(type, zone, atMs, this.#price(type, zone, period));
    });
  }

  #period(type: InstanceType, zone: string, atMs: number): number {
    return Math.floor((atMs + this.#offsetMs(type, zone)) / PERIOD_MS);
  }

  /** Pools do not change price at the same moment. */
  #offsetMs(type: InstanceType, zone: string): number {
    return Math.floor((this.#draw(`${type.name}/${zone}/offset`) * PERIOD_MS) / 1000) * 1000;
  }

  /** 30 to 60 % of on-demand by pool, up to 8 % more or less by period. */
  #price(type: InstanceType, zone: string, period: number): number {
    const share = 0.3 + 0.3 * this.#draw(`${type.name}/${zone}`);
    const swing = 0.92 + 0.16 * this.#draw(`${type.name}/${zone}/${period}`);
    return Math.round(type.onDemandUsd * share * swing * 10_000) / 10_000;
  }

  #draw(key: string): number {
    return createHash('sha256').update(`${this.seed}/${key}`).digest().readUInt32BE(0) / 2 ** 32;
  }
}

function spotPrice(type: InstanceType, zone: string, atMs: number, usd: number): SpotPrice {
  return {
    AvailabilityZone: zone,
    InstanceType: type.name as NonNullable<SpotPrice['InstanceType']>,
    ProductDescription: PRODUCT,
    SpotPrice: usd.toFixed(6),
    Timestamp: new Date(atMs),
  };
}
