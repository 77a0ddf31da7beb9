/**
 * What the instances of a world cost, as AWS would bill them: kept apart from the code under test, from EC2's own events
 * and prices. Per second from launch to shutting-down, 60 s at least; spot at the price in force at each moment.
 */
import type { Ec2Service } from '../local/services/ec2/create-ec2';

export interface BilledInstance {
  instanceId: string;
  instanceType: string;
  zone: string;
  isSpot: boolean;
  onDemandUsdPerHour: number;
  volumeGiB: number;
  hasAddress: boolean;
  launchedAtMs: number;
  endedAtMs: number | undefined;
  /** AWS ended it as a spot instance. */
  isInterrupted: boolean;
  /** It powered off, which EC2 gives no time for. */
  endedByItself: boolean;
}

const HOUR_MS = 3_600_000;
const LEAST_MS = 60_000;
/** gp3 in us-east-1, a month of 30 days. */
const VOLUME_USD_PER_GIB_HOUR = 0.08 / (30 * 24);
const ADDRESS_USD_PER_HOUR = 0.005;
const ENDING: readonly unknown[] = ['shutting-down', 'stopping', 'terminated'];

/** Disk and address. */
const besidesUsdPerHour = ({ volumeGiB, hasAddress }: BilledInstance) =>
  volumeGiB * VOLUME_USD_PER_GIB_HOUR + (hasAddress ? ADDRESS_USD_PER_HOUR : 0);

/** At its dearest. */
export const mostUsdPerHour = (billed: BilledInstance) => billed.onDemandUsdPerHour + besidesUsdPerHour(billed);

export class Bill {
  readonly #instances = new Map<string, BilledInstance>();

  constructor(
    private readonly ec2: () => Ec2Service,
    private readonly now: () => number,
  ) {}

  /** Told of EC2's events before anybody else. */
  follow(instanceId: string, state: unknown): void {
    const known = this.#instances.get(instanceId);
    if (known === undefined) this.#begin(instanceId);
    else if (ENDING.includes(state) && known.endedAtMs === undefined) this.#end(known);
  }

  of(instanceId: string): BilledInstance | undefined {
    return this.#instances.get(instanceId);
  }

  /** USD of the instance, its disk and its address, until its end. */
  usdOf(billed: BilledInstance): number {
    const { launchedAtMs, endedAtMs = this.now(), isInterrupted } = billed;
    const lifeMs = Math.max(LEAST_MS, endedAtMs - launchedAtMs);
    const isWaived = billed.isSpot && isInterrupted && lifeMs < HOUR_MS;
    const besidesUsd = (besidesUsdPerHour(billed) * lifeMs) / HOUR_MS;
    return (isWaived ? 0 : this.#computeUsd(billed, launchedAtMs + lifeMs)) + besidesUsd;
  }

  /** USD per hour between the lowest and the highest price in its life. */
  riseOf({ isSpot, launchedAtMs, endedAtMs = this.now(), instanceType, zone }: BilledInstance): number {
    if (!isSpot) return 0;
    const changes = this.ec2().spotPriceHistory({ instanceType, zone, fromMs: launchedAtMs, toMs: endedAtMs });
    const prices = changes.map(({ usdPerHour }) => usdPerHour);
    return prices.length === 0 ? 0 : Math.max(...prices) - Math.min(...prices);
  }

  #computeUsd({ isSpot, onDemandUsdPerHour, launchedAtMs, instanceType, zone }: BilledInstance, endMs: number): number {
    if (!isSpot) return (onDemandUsdPerHour * (endMs - launchedAtMs)) / HOUR_MS;
    const changes = this.ec2().spotPriceHistory({ instanceType, zone, fromMs: launchedAtMs, toMs: endMs });
    return changes.reduce((sum, { atMs, usdPerHour }, index) => {
      const fromMs = Math.max(atMs, launchedAtMs);
      const toMs = Math.min(changes[index + 1]?.atMs ?? endMs, endMs);
      return sum + (usdPerHour * Math.max(0, toMs - fromMs)) / HOUR_MS;
    }, 0);
  }

  #begin(instanceId: string): void {
    const instance = this.#find(instanceId);
    if (instance === undefined) return;
    const { spec, launchedAtMs, publicIp } = instance;
    this.#instances.set(instanceId, {
      ...{ instanceId, launchedAtMs, endedAtMs: undefined, isInterrupted: false, endedByItself: false },
      instanceType: spec.type.name,
      zone: spec.subnet.availabilityZone,
      isSpot: spec.market === 'spot',
      onDemandUsdPerHour: spec.type.onDemandUsd,
      volumeGiB: spec.blockDevices.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0),
      hasAddress: publicIp !== undefined,
    });
  }

  #end(billed: BilledInstance): void {
    billed.endedAtMs = this.now();
    const reason = this.#find(billed.instanceId)?.stateReason?.Code;
    billed.isInterrupted = reason === 'Server.SpotInstanceTermination';
    billed.endedByItself = reason === 'Client.InstanceInitiatedShutdown';
  }

  #find(id: string) {
    return this.ec2()
      .instances()
      .find(({ instanceId }) => instanceId === id);
  }
}
