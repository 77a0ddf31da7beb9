/**
 * EC2 of the local cloud: instances on hosts, fleets, launch templates, networks, tags, prices. Besides the operations,
 * methods to build what a template describes, and to make trouble: interruptions, vanished machines, missing capacity.
 */
import type { Clock } from '../../clock';
import type { HostFactory } from '../../hosts/host';
import { AwsError, type EmitEvent, type Operation, type Service } from '../../service';
import { type Ec2Access, ServiceLinkedRoles } from './access';
import { Capacity, type CapacityRule } from './capacity';
import { describeImages, describeInstanceTypeOfferings, describeInstanceTypes } from './catalogue';
import { createFleet } from './create-fleet';
import { describeInstanceStatus, describeInstances, findInstances, terminateInstances } from './describe-instances';
import {
  describeAvailabilityZones,
  describeRegions,
  describeSecurityGroups,
  describeSubnets,
  describeVpcs,
} from './describe-network';
import type { NewId } from './ids';
import {
  createLaunchTemplate,
  createLaunchTemplateVersion,
  describeLaunchTemplates,
  describeLaunchTemplateVersions,
} from './launch-templates';
import { Lifecycle } from './lifecycle';
import type { Ec2Model, Instance, Market, SecurityGroup, Subnet, Vpc } from './model';
import { Network, zonesOf } from './network';
import { OwnedClock } from './owned-clock';
import { createPlacementGroup, deletePlacementGroup, describePlacementGroups } from './placement-groups';
import { IdempotentRequests } from './request';
import { runInstances } from './run-instances';
import { SpotPrices } from './spot-prices';
import { createTags, deleteTags, describeTags } from './tags';
import { createVolume, deleteVolume, describeVolumes } from './volumes';

export interface Ec2Options {
  clock: Clock;
  newId: NewId;
  /** 0 ≤ x < 1; drawn once, for the seed of the spot prices. */
  random: () => number;
  accountId: string;
  region: string;
  emitEvent: EmitEvent;
  hosts: HostFactory;
  access: Ec2Access;
  /** Trouble from the start. */
  faults?: { capacity?: readonly CapacityRule[] };
}

/** An instance as SSM sees it. */
export type ManagedInstance = Readonly<Instance>;

/** EC2 with its ways in for a template loader, for SSM, and for whoever plays the part of AWS. */
export class Ec2Service implements Service {
  readonly id = 'ec2';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly #capacity: Capacity;
  readonly #model: Ec2Model;
  readonly #clock: OwnedClock;
  readonly #lifecycle: Lifecycle;
  readonly #network: Network;
  readonly #spotPrices: SpotPrices;

  constructor(options: Ec2Options) {
    const { faults, random, ...given } = options;
    this.#clock = new OwnedClock(options.clock);
    this.#model = {
      ...given,
      clock: this.#clock,
      zones: zonesOf(options.region),
      instances: new Map(),
      volumes: new Map(),
      vpcs: new Map(),
      subnets: new Map(),
      securityGroups: new Map(),
      launchTemplates: new Map(),
      placementGroups: new Map(),
      tags: new Map(),
    };
    this.#lifecycle = new Lifecycle(this.#model);
    this.#network = new Network(this.#model);
    this.#network.createDefaultVpc();
    this.#capacity = new Capacity(this.#model);
    for (const rule of faults?.capacity ?? []) this.#capacity.add(rule);
    this.#spotPrices = new SpotPrices(this.#model, String(random()));
    this.operations = this.#makeOperations(this.#spotPrices);
  }

  get zones(): readonly string[] {
    return this.#model.zones;
  }

  createVpc(given: { cidr: string; tags?: Record<string, string> }): Vpc {
    return this.#network.createVpc(given);
  }

  createSubnet(given: Parameters<Network['createSubnet']>[0]): Subnet {
    return this.#network.createSubnet(given);
  }

  createSecurityGroup(given: Parameters<Network['createSecurityGroup']>[0]): SecurityGroup {
    return this.#network.createSecurityGroup(given);
  }

  /** Takes the properties of AWS::EC2::LaunchTemplate, which are those of the API. */
  createLaunchTemplate(input: Parameters<typeof createLaunchTemplate>[1]): {
    launchTemplateId: string;
    defaultVersionNumber: string;
    latestVersionNumber: string;
  } {
    const { LaunchTemplate } = createLaunchTemplate(this.#model, input, `arn:aws:iam::${this.#model.accountId}:root`);
    return {
      launchTemplateId: LaunchTemplate.LaunchTemplateId,
      defaultVersionNumber: String(LaunchTemplate.DefaultVersionNumber),
      latestVersionNumber: String(LaunchTemplate.LatestVersionNumber),
    };
  }

  /** Tags of something that exists. */
  tagsOf(resourceId: string): ReadonlyMap<string, string> | undefined {
    return this.#model.tags.get(resourceId);
  }

  /** All instances that EC2 still shows. */
  instances(): readonly ManagedInstance[] {
    return [...this.#model.instances.values()];
  }

  /**
   * Two-minute notice to a Spot instance; AWS terminates it 120 s later.
   * @throws AwsError when it is not a live Spot instance
   */
  interrupt(instanceId: string): void {
    this.#lifecycle.interrupt(this.#live(instanceId, 'spot'));
  }

  /** From now on, in every zone, until it is set again. */
  setSpotPrice(instanceType: string, usdPerHour: number): void {
    this.#spotPrices.set(instanceType, usdPerHour);
  }

  /** Oldest first: from when on which price was in force in a pool. Times are in milliseconds since the Unix epoch. */
  spotPriceHistory(pool: { instanceType: string; zone: string; fromMs: number; toMs: number }) {
    const { SpotPriceHistory: changes } = this.#spotPrices.describe({
      InstanceTypes: [pool.instanceType as never],
      AvailabilityZone: pool.zone,
      StartTime: new Date(pool.fromMs),
      EndTime: new Date(pool.toMs),
    });
    return changes
      .map(({ Timestamp, SpotPrice }) => ({ atMs: Timestamp?.getTime() ?? 0, usdPerHour: Number(SpotPrice) }))
      .reverse();
  }

  /** @throws AwsError when it is not a live Spot instance */
  rebalance(instanceId: string): void {
    this.#lifecycle.rebalance(this.#live(instanceId, 'spot'));
  }

  /**
   * The machine vanishes at once. EC2 says so shortly after; with `silent` it goes on saying running, and its status
   * checks turn impaired. Settles when no process of the host is left.
   */
  kill(instanceId: string, options: { silent?: boolean } = {}): Promise<void> {
    return this.#lifecycle.kill(this.#live(instanceId), options.silent ?? false);
  }

  /** Makes launches fail: the last rule added is asked first. */
  capacity(rule: CapacityRule): void {
    this.#capacity.add(rule);
  }

  clearCapacity(): void {
    this.#capacity.clear();
  }

  /** A vCPU quota by its code (Service Quotas). */
  quota(code: string): number | undefined {
    return this.#capacity.quota(code);
  }

  /** Launches beyond it fail with MaxSpotInstanceCountExceeded or VcpuLimitExceeded. */
  setQuota(code: string, value: number): void {
    this.#capacity.setQuota(code, value);
  }

  /** Destroys every host; nothing happens afterwards. */
  async close(): Promise<void> {
    this.#clock.close();
    await this.#model.hosts.close();
  }

  #live(instanceId: string, market?: Market): Instance {
    const [instance] = findInstances(this.#model, [instanceId]);
    if (!instance || !['pending', 'running'].includes(instance.state)) {
      throw new AwsError('IncorrectInstanceState', `The instance '${instanceId}' is not in state pending or running.`);
    }
    if (market && instance.spec.market !== market) {
      throw new AwsError('InvalidParameterValue', `The instance '${instanceId}' is not a Spot instance.`);
    }
    return instance;
  }

  #makeOperations(spotPrices: SpotPrices): Record<string, Operation> {
    const model = this.#model;
    const lifecycle = this.#lifecycle;
    const launching = {
      model,
      capacity: this.#capacity,
      lifecycle,
      requests: new IdempotentRequests(),
      spotPrices,
      roles: new ServiceLinkedRoles(model),
    };
    return {
      CreateFleet: async (input, { caller }) => createFleet({ ...launching, caller }, input),
      RunInstances: async (input, { caller }) => runInstances({ ...launching, caller }, input),
      TerminateInstances: async (input) => terminateInstances(model, lifecycle, input),
      DescribeInstances: async (input) => describeInstances(model, input),
      DescribeInstanceStatus: async (input) => describeInstanceStatus(model, input),
      DescribeVolumes: async (input) => describeVolumes(model, input),
      CreateVolume: async (input) => createVolume(model, launching.requests, input as never),
      DeleteVolume: async (input) => deleteVolume(model, input as never),
      CreateTags: async (input) => createTags(model, input),
      DeleteTags: async (input) => deleteTags(model, input),
      DescribeTags: async (input) => describeTags(model, input),
      DescribeSpotPriceHistory: async (input) => spotPrices.describe(input),
      DescribeInstanceTypes: async (input) => describeInstanceTypes(input),
      DescribeInstanceTypeOfferings: async (input) => describeInstanceTypeOfferings(model, input),
      DescribeImages: async (input) => describeImages(input),
      DescribeVpcs: async (input) => describeVpcs(model, input),
      DescribeSubnets: async (input) => describeSubnets(model, input),
      DescribeSecurityGroups: async (input) => describeSecurityGroups(model, input),
      DescribeAvailabilityZones: async (input) => describeAvailabilityZones(model, input),
      DescribeRegions: async (input) => describeRegions(model, input),
      CreateLaunchTemplate: async (input, { caller }) => createLaunchTemplate(model, input as never, caller.arn),
      CreateLaunchTemplateVersion: async (input, { caller }) =>
        createLaunchTemplateVersion(model, input as never, caller.arn),
      DescribeLaunchTemplates: async (input) => describeLaunchTemplates(model, input),
      CreatePlacementGroup: async (input) => createPlacementGroup(model, input),
      DeletePlacementGroup: async (input) => deletePlacementGroup(model, input),
      DescribePlacementGroups: async (input) => describePlacementGroups(model, input),
      DescribeLaunchTemplateVersions: async (input) => describeLaunchTemplateVersions(model, input),
    };
  }
}

export function createEc2(options: Ec2Options): Ec2Service {
  return new Ec2Service(options);
}
