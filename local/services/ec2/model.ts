/** What EC2 remembers: instances, volumes, networks, launch templates, and the requests it has answered. */
import type { InstanceStateName, LaunchTemplateVersion, StateReason } from '@aws-sdk/client-ec2';
import type { Clock } from '../../clock';
import type { MachineImage } from '../../data/images';
import type { InstanceType } from '../../data/instance-types';
import type { Host, HostFactory, HostMetadataOptions } from '../../hosts/host';
import type { EmitEvent } from '../../service';
import type { Ec2Access } from './access';
import type { NewId } from './ids';

export type Market = 'spot' | 'on-demand';
export type Tags = Map<string, string>;

export interface Vpc {
  vpcId: string;
  cidr: string;
  isDefault: boolean;
}

export interface Subnet {
  subnetId: string;
  vpcId: string;
  cidr: string;
  availabilityZone: string;
  mapPublicIpOnLaunch: boolean;
  isDefaultForAz: boolean;
}

export interface SecurityGroup {
  groupId: string;
  groupName: string;
  description: string;
  vpcId: string;
}

export interface PlacementGroup {
  groupId: string;
  groupName: string;
  strategy: string;
}

export interface LaunchTemplate {
  launchTemplateId: string;
  launchTemplateName: string;
  createdAtMs: number;
  createdBy: string;
  defaultVersion: number;
  versions: LaunchTemplateVersion[];
}

export interface BlockDevice {
  deviceName: string;
  sizeGiB: number;
  volumeType: string;
  encrypted: boolean;
  deleteOnTermination: boolean;
  iops?: number | undefined;
  throughput?: number | undefined;
  snapshotId?: string | undefined;
}

export interface Volume extends BlockDevice {
  volumeId: string;
  /** null: attached to nothing. */
  instanceId: string | null;
  availabilityZone: string;
  createdAtMs: number;
}

/** A launch request after launch template, overrides and defaults were merged. */
export interface LaunchSpec {
  type: InstanceType;
  image: MachineImage;
  subnet: Subnet;
  market: Market;
  maxPriceUsd?: number | undefined;
  userData?: string | undefined;
  instanceProfileArn?: string | undefined;
  metadata: HostMetadataOptions & { hopLimit: number };
  blockDevices: BlockDevice[];
  shutdownBehavior: 'stop' | 'terminate';
  securityGroupIds: string[];
  tags: Map<string, Tags>;
  keyName?: string | undefined;
  monitoring: boolean;
  ebsOptimized: boolean;
  publicIp: boolean;
  clientToken?: string | undefined;
  launchTemplate?: { id: string; version: string } | undefined;
  fleetId?: string | undefined;
  placementGroup?: string | undefined;
}

export interface Instance {
  instanceId: string;
  reservationId: string;
  spec: LaunchSpec;
  launchIndex: number;
  launchedAtMs: number;
  state: InstanceStateName;
  stateReason?: StateReason;
  /** StateTransitionReason. */
  transitionReason: string;
  endedAtMs?: number;
  privateIp: string;
  publicIp?: string | undefined;
  spotRequestId?: string | undefined;
  networkInterfaceId: string;
  volumeIds: string[];
  host?: Host;
  /** SSM's agent on it has registered. */
  isRegistered: boolean;
  /** When its two-minute interruption notice was given. */
  noticedAtMs?: number;
  /** The machine is gone, whatever EC2 says. */
  vanishedAtMs?: number;
}

export interface Ec2Model {
  readonly accountId: string;
  readonly region: string;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly emitEvent: EmitEvent;
  readonly hosts: HostFactory;
  readonly access: Ec2Access;
  readonly zones: readonly string[];
  readonly instances: Map<string, Instance>;
  readonly volumes: Map<string, Volume>;
  readonly vpcs: Map<string, Vpc>;
  readonly subnets: Map<string, Subnet>;
  readonly securityGroups: Map<string, SecurityGroup>;
  readonly launchTemplates: Map<string, LaunchTemplate>;
  /** By name. */
  readonly placementGroups: Map<string, PlacementGroup>;
  /** Of every resource, by its id. */
  readonly tags: Map<string, Tags>;
}

/** A resource's tags, made when first asked for. */
export function tagsOf(model: Ec2Model, resourceId: string): Tags {
  let tags = model.tags.get(resourceId);
  if (!tags) {
    tags = new Map();
    model.tags.set(resourceId, tags);
  }
  return tags;
}

/** In the SDK's form. */
export function tagList(tags: ReadonlyMap<string, string>): { Key: string; Value: string }[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}
