/**
 * Merges a launch request: call over fleet override over launch template over defaults, and checks it as EC2 does
 * before it looks for capacity.
 */
import type {
  BlockDeviceMapping,
  FleetLaunchTemplateOverridesRequest,
  LaunchTemplateBlockDeviceMapping,
  ResponseLaunchTemplateData,
  RunInstancesRequest,
  TagSpecification,
} from '@aws-sdk/client-ec2';
import { IMAGES, type MachineImage } from '../../data/images';
import { INSTANCE_TYPES } from '../../data/instance-types';
import { AwsError, LocalUnsupported } from '../../service';
import type { BlockDevice, Ec2Model, LaunchSpec, Market, Subnet, Tags } from './model';
import { findSecurityGroup, findSubnet } from './network';
import { findPlacementGroup } from './placement-groups';
import { allowOnly } from './request';
import { checkMetadataTagKey, checkTagKey } from './tag-rules';

/** RunInstances and launch template data, as far as they say the same things. */
export type LaunchWishes = Pick<
  RunInstancesRequest,
  | 'ImageId'
  | 'UserData'
  | 'IamInstanceProfile'
  | 'MetadataOptions'
  | 'InstanceInitiatedShutdownBehavior'
  | 'SecurityGroupIds'
  | 'SubnetId'
  | 'Placement'
  | 'KeyName'
  | 'Monitoring'
  | 'EbsOptimized'
  | 'InstanceType'
  | 'NetworkInterfaces'
> & {
  BlockDeviceMappings?: (BlockDeviceMapping | LaunchTemplateBlockDeviceMapping)[] | undefined;
  TagSpecifications?: TagSpecification[] | undefined;
};

export interface LaunchPurpose {
  market: Market;
  maxPriceUsd?: number | undefined;
  clientToken?: string | undefined;
  fleetId?: string | undefined;
  launchTemplate?: { id: string; version: string } | undefined;
}

/** The launch template's data, then an override's, then the call's: later ones win; tags add up. */
export function mergeWishes(...layers: (LaunchWishes | ResponseLaunchTemplateData | undefined)[]): LaunchWishes {
  const merged: LaunchWishes = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer ?? {})) {
      if (value !== undefined) Object.assign(merged, { [name]: value });
    }
  }
  merged.TagSpecifications = layers.flatMap((layer) => layer?.TagSpecifications ?? []) as TagSpecification[];
  return merged;
}

/** A fleet override says the same things under other names. */
export function overrideWishes(override: FleetLaunchTemplateOverridesRequest): LaunchWishes {
  const members = [
    'InstanceType',
    'SubnetId',
    'AvailabilityZone',
    'MaxPrice',
    'Priority',
    'ImageId',
    'BlockDeviceMappings',
    'Placement',
  ];
  allowOnly(override, [...members, 'WeightedCapacity'], 'a fleet override');
  if ((override.WeightedCapacity ?? 1) !== 1) throw new LocalUnsupported('ec2', 'WeightedCapacity other than 1');
  return {
    InstanceType: override.InstanceType,
    SubnetId: override.SubnetId,
    ImageId: override.ImageId,
    BlockDeviceMappings: override.BlockDeviceMappings as BlockDeviceMapping[] | undefined,
    ...(override.AvailabilityZone || override.Placement
      ? { Placement: { ...override.Placement, ...definedZone(override.AvailabilityZone) } }
      : {}),
  };
}

const definedZone = (AvailabilityZone: string | undefined) => (AvailabilityZone ? { AvailabilityZone } : {});

/**
 * The launch that a request stands for.
 * @throws AwsError as EC2 does for ids that do not exist and values that do not fit together
 */
export function toLaunchSpec(model: Ec2Model, wishes: LaunchWishes, purpose: LaunchPurpose): LaunchSpec {
  const image = findImage(wishes.ImageId);
  const typeName = wishes.InstanceType ?? 'm5.large';
  const type = INSTANCE_TYPES.get(typeName);
  if (!type) throw new AwsError('InvalidParameterValue', `Invalid value '${typeName}' for InstanceType.`);
  if (type.architecture !== image.architecture) {
    throw new AwsError(
      'InvalidParameterValue',
      `The architecture '${type.architecture}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.`,
    );
  }
  const network = toNetwork(model, wishes);
  const placementGroup = wishes.Placement?.GroupName;
  if (placementGroup) findPlacementGroup(model, placementGroup);
  const metadata = toMetadata(wishes);
  const tags = toTags(wishes.TagSpecifications);
  if (metadata.tagsEnabled) for (const key of tags.get('instance')?.keys() ?? []) checkMetadataTagKey(key);
  return {
    type,
    image,
    ...network,
    market: purpose.market,
    maxPriceUsd: purpose.maxPriceUsd,
    userData: wishes.UserData,
    instanceProfileArn: toProfileArn(model, wishes.IamInstanceProfile),
    metadata,
    blockDevices: toBlockDevices(image, wishes.BlockDeviceMappings ?? []),
    shutdownBehavior: wishes.InstanceInitiatedShutdownBehavior === 'terminate' ? 'terminate' : 'stop',
    tags,
    keyName: wishes.KeyName,
    monitoring: wishes.Monitoring?.Enabled ?? false,
    ebsOptimized: wishes.EbsOptimized ?? false,
    clientToken: purpose.clientToken,
    launchTemplate: purpose.launchTemplate,
    fleetId: purpose.fleetId,
    placementGroup,
  };
}

function findImage(imageId: string | undefined): MachineImage {
  const parameter = imageId?.startsWith('resolve:ssm:') ? imageId.slice('resolve:ssm:'.length) : undefined;
  const image = IMAGES.find((known) => known.imageId === imageId || known.parameters.includes(parameter ?? ''));
  if (image) return image;
  if (!imageId) throw new AwsError('MissingParameter', 'The request must contain the parameter ImageId');
  throw new AwsError('InvalidAMIID.NotFound', `The image id '[${imageId}]' does not exist`);
}

function toNetwork(model: Ec2Model, wishes: LaunchWishes) {
  const [first, ...others] = wishes.NetworkInterfaces ?? [];
  if (others.length > 0) throw new LocalUnsupported('ec2', 'more than one network interface');
  const members = [
    'DeviceIndex',
    'AssociatePublicIpAddress',
    'SubnetId',
    'Groups',
    'DeleteOnTermination',
    'NetworkCardIndex',
  ];
  allowOnly(first, [...members, 'InterfaceType', 'Description'], 'NetworkInterfaces');
  allowOnly(wishes.Placement, ['AvailabilityZone', 'Tenancy', 'GroupName'], 'Placement');
  const subnet = chooseSubnet(model, wishes.SubnetId ?? first?.SubnetId, wishes.Placement?.AvailabilityZone);
  const groups = first?.Groups?.length ? first.Groups : (wishes.SecurityGroupIds ?? []);
  const securityGroupIds = groups.length > 0 ? groups : [defaultGroup(model, subnet)];
  for (const groupId of securityGroupIds) checkGroup(model, groupId, subnet);
  return { subnet, securityGroupIds, publicIp: first?.AssociatePublicIpAddress ?? subnet.mapPublicIpOnLaunch };
}

function checkGroup(model: Ec2Model, groupId: string, subnet: Subnet): void {
  if (findSecurityGroup(model, groupId).vpcId === subnet.vpcId) return;
  throw new AwsError(
    'InvalidParameter',
    `Security group ${groupId} and subnet ${subnet.subnetId} belong to different networks.`,
  );
}

function chooseSubnet(model: Ec2Model, subnetId: string | undefined, zone: string | undefined): Subnet {
  if (subnetId) return findSubnet(model, subnetId);
  const subnet = [...model.subnets.values()].find(
    (candidate) => candidate.isDefaultForAz && (zone === undefined || candidate.availabilityZone === zone),
  );
  if (subnet) return subnet;
  throw new AwsError('InvalidParameterValue', `Invalid availability zone: [${zone}]`);
}

function defaultGroup(model: Ec2Model, subnet: Subnet): string {
  const group = [...model.securityGroups.values()].find(
    (candidate) => candidate.vpcId === subnet.vpcId && candidate.groupName === 'default',
  );
  if (!group) throw new AwsError('InvalidGroup.NotFound', `VPC ${subnet.vpcId} has no default security group`);
  return group.groupId;
}

function toMetadata(wishes: LaunchWishes): LaunchSpec['metadata'] {
  const options = wishes.MetadataOptions;
  return {
    endpointEnabled: options?.HttpEndpoint !== 'disabled',
    // The images of the local cloud all have ImdsSupport v2.0.
    tokensRequired: options?.HttpTokens !== 'optional',
    tagsEnabled: options?.InstanceMetadataTags === 'enabled',
    hopLimit: options?.HttpPutResponseHopLimit ?? 2,
  };
}

function toTags(specifications: readonly TagSpecification[] | undefined): Map<string, Tags> {
  const known = ['instance', 'volume', 'network-interface', 'spot-instances-request', 'fleet', 'launch-template'];
  const tags = new Map<string, Tags>();
  for (const { ResourceType: kind = '', Tags: list } of specifications ?? []) {
    if (!known.includes(kind))
      throw new AwsError('InvalidParameterValue', `'${kind}' is not a valid taggable resource type.`);
    const held = tags.get(kind) ?? new Map<string, string>();
    for (const { Key, Value } of list ?? []) held.set(checkTagKey(Key), Value ?? '');
    if (held.size > 50)
      throw new AwsError('TagLimitExceeded', 'The maximum number of Tags for a resource has been reached.');
    tags.set(kind, held);
  }
  return tags;
}

function toProfileArn(model: Ec2Model, profile: LaunchWishes['IamInstanceProfile']): string | undefined {
  if (profile?.Arn) return profile.Arn;
  return profile?.Name ? `arn:aws:iam::${model.accountId}:instance-profile/${profile.Name}` : undefined;
}

function toBlockDevices(
  image: MachineImage,
  mappings: NonNullable<LaunchWishes['BlockDeviceMappings']>,
): BlockDevice[] {
  const devices = new Map<string, BlockDevice>();
  devices.set(image.rootDeviceName, {
    deviceName: image.rootDeviceName,
    sizeGiB: image.rootSizeGiB,
    volumeType: 'gp3',
    encrypted: false,
    deleteOnTermination: true,
    snapshotId: image.snapshotId,
  });
  for (const { DeviceName: deviceName = '', Ebs, ...rest } of mappings) {
    allowOnly(rest, [], 'BlockDeviceMappings');
    const isRoot = deviceName === image.rootDeviceName;
    const sizeGiB = Ebs?.VolumeSize ?? (isRoot ? image.rootSizeGiB : 0);
    if (sizeGiB < (isRoot ? image.rootSizeGiB : 1)) {
      throw new AwsError(
        'InvalidBlockDeviceMapping',
        `Volume of size ${sizeGiB}GB is smaller than snapshot '${image.snapshotId}', expect size >= ${image.rootSizeGiB}GB`,
      );
    }
    devices.set(deviceName, {
      deviceName,
      sizeGiB,
      volumeType: Ebs?.VolumeType ?? 'gp3',
      encrypted: Ebs?.Encrypted ?? false,
      deleteOnTermination: Ebs?.DeleteOnTermination ?? true,
      iops: Ebs?.Iops,
      throughput: Ebs?.Throughput,
      ...(isRoot ? { snapshotId: image.snapshotId } : {}),
    });
  }
  return [...devices.values()];
}
