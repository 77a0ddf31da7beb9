/** VPCs, subnets, security groups and zones. */
import type {
  DescribeAvailabilityZonesRequest,
  DescribeRegionsRequest,
  DescribeSecurityGroupsRequest,
  DescribeSubnetsRequest,
  DescribeVpcsRequest,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../service';
import { resourceId } from './ids';
import { type Ec2Model, type SecurityGroup, type Subnet, type Tags, tagList, tagsOf, type Vpc } from './model';
import { allowOnly, applyFilters, type PageRequest, paginate } from './request';

/** Zones by region; a region that is not listed has a, b and c. */
const ZONE_LETTERS: Record<string, string> = { 'us-east-1': 'abcdef', 'us-west-2': 'abcd' };

export function zonesOf(region: string): string[] {
  return [...(ZONE_LETTERS[region] ?? 'abc')].map((letter) => `${region}${letter}`);
}

type Given = { tags?: Record<string, string> };

/** What a template loader calls to make the network that its template describes. */
export class Network {
  constructor(readonly model: Ec2Model) {}

  createVpc(given: Given & { cidr: string; isDefault?: boolean }): Vpc {
    const vpc = { vpcId: this.#id('vpc'), cidr: given.cidr, isDefault: given.isDefault ?? false };
    this.model.vpcs.set(vpc.vpcId, vpc);
    this.#tag(vpc.vpcId, given);
    this.createSecurityGroup({ vpcId: vpc.vpcId, groupName: 'default', description: 'default VPC security group' });
    return vpc;
  }

  createSubnet(
    given: Given & {
      vpcId: string;
      cidr: string;
      availabilityZone: string;
      mapPublicIpOnLaunch?: boolean;
      isDefaultForAz?: boolean;
    },
  ): Subnet {
    findVpc(this.model, given.vpcId);
    if (!this.model.zones.includes(given.availabilityZone)) {
      throw new AwsError('InvalidParameterValue', `Invalid availability zone: [${given.availabilityZone}]`);
    }
    const subnet = {
      subnetId: this.#id('subnet'),
      vpcId: given.vpcId,
      cidr: given.cidr,
      availabilityZone: given.availabilityZone,
      mapPublicIpOnLaunch: given.mapPublicIpOnLaunch ?? false,
      isDefaultForAz: given.isDefaultForAz ?? false,
    };
    this.model.subnets.set(subnet.subnetId, subnet);
    this.#tag(subnet.subnetId, given);
    return subnet;
  }

  createSecurityGroup(given: Given & { vpcId: string; groupName: string; description: string }): SecurityGroup {
    findVpc(this.model, given.vpcId);
    const { vpcId, groupName, description } = given;
    const group = { groupId: this.#id('sg'), groupName, description, vpcId };
    this.model.securityGroups.set(group.groupId, group);
    this.#tag(group.groupId, given);
    return group;
  }

  /** Every account has one: a public subnet in each zone. */
  createDefaultVpc(): void {
    const { vpcId } = this.createVpc({ cidr: '172.31.0.0/16', isDefault: true });
    this.model.zones.forEach((availabilityZone, index) => {
      const cidr = `172.31.${index * 16}.0/20`;
      this.createSubnet({ vpcId, cidr, availabilityZone, mapPublicIpOnLaunch: true, isDefaultForAz: true });
    });
  }

  #id(prefix: string): string {
    return resourceId(prefix, this.model.newId);
  }

  #tag(id: string, { tags }: Given): void {
    const held: Tags = tagsOf(this.model, id);
    for (const [key, value] of Object.entries(tags ?? {})) held.set(key, value);
  }
}

/** @throws AwsError InvalidVpcID.NotFound */
function findVpc(model: Ec2Model, vpcId: string): Vpc {
  const vpc = model.vpcs.get(vpcId);
  if (!vpc) throw new AwsError('InvalidVpcID.NotFound', `The vpc ID '${vpcId}' does not exist`);
  return vpc;
}

/** @throws AwsError InvalidSubnetID.NotFound */
export function findSubnet(model: Ec2Model, subnetId: string): Subnet {
  const subnet = model.subnets.get(subnetId);
  if (!subnet) throw new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${subnetId}' does not exist`);
  return subnet;
}

/** @throws AwsError InvalidGroup.NotFound */
export function findSecurityGroup(model: Ec2Model, groupId: string): SecurityGroup {
  const group = model.securityGroups.get(groupId);
  if (!group) throw new AwsError('InvalidGroup.NotFound', `The security group '${groupId}' does not exist`);
  return group;
}

/** Addresses in a subnet that are free: AWS keeps five of each. */
function freeAddresses(model: Ec2Model, subnet: Subnet): number {
  const size = 2 ** (32 - Number(subnet.cidr.split('/')[1]));
  const taken = [...model.instances.values()].filter(
    (instance) => instance.spec.subnet === subnet && instance.state !== 'terminated',
  );
  return size - 5 - taken.length;
}

export function describeVpcs(model: Ec2Model, input: DescribeVpcsRequest) {
  allowOnly(input, ['VpcIds', 'Filters', 'MaxResults', 'NextToken'], 'DescribeVpcs');
  const chosen = input.VpcIds?.length ? input.VpcIds.map((id) => findVpc(model, id)) : [...model.vpcs.values()];
  const found = applyFilters(chosen, input.Filters, {
    values: {
      'vpc-id': (vpc) => vpc.vpcId,
      cidr: (vpc) => vpc.cidr,
      'is-default': (vpc) => vpc.isDefault,
      isDefault: (vpc) => vpc.isDefault,
      state: () => 'available',
    },
    tags: (vpc) => tagsOf(model, vpc.vpcId),
  });
  const { items, NextToken } = paginate(found, input as PageRequest);
  return {
    Vpcs: items.map((vpc) => ({
      VpcId: vpc.vpcId,
      CidrBlock: vpc.cidr,
      IsDefault: vpc.isDefault,
      State: 'available',
      OwnerId: model.accountId,
      InstanceTenancy: 'default',
      DhcpOptionsId: 'dopt-00000000000000000',
      Tags: tagList(tagsOf(model, vpc.vpcId)),
    })),
    NextToken,
  };
}

export function describeSubnets(model: Ec2Model, input: DescribeSubnetsRequest) {
  allowOnly(input, ['SubnetIds', 'Filters', 'MaxResults', 'NextToken'], 'DescribeSubnets');
  const chosen = input.SubnetIds?.length
    ? input.SubnetIds.map((id) => findSubnet(model, id))
    : [...model.subnets.values()];
  const found = applyFilters(chosen, input.Filters, {
    values: {
      'subnet-id': (subnet) => subnet.subnetId,
      'vpc-id': (subnet) => subnet.vpcId,
      'availability-zone': (subnet) => subnet.availabilityZone,
      availabilityZone: (subnet) => subnet.availabilityZone,
      'default-for-az': (subnet) => subnet.isDefaultForAz,
      'map-public-ip-on-launch': (subnet) => subnet.mapPublicIpOnLaunch,
      state: () => 'available',
    },
    tags: (subnet) => tagsOf(model, subnet.subnetId),
  });
  const { items, NextToken } = paginate(found, input as PageRequest);
  return {
    Subnets: items.map((subnet) => ({
      SubnetId: subnet.subnetId,
      SubnetArn: `arn:aws:ec2:${model.region}:${model.accountId}:subnet/${subnet.subnetId}`,
      VpcId: subnet.vpcId,
      CidrBlock: subnet.cidr,
      AvailabilityZone: subnet.availabilityZone,
      AvailabilityZoneId: zoneId(model, subnet.availabilityZone),
      AvailableIpAddressCount: freeAddresses(model, subnet),
      DefaultForAz: subnet.isDefaultForAz,
      MapPublicIpOnLaunch: subnet.mapPublicIpOnLaunch,
      OwnerId: model.accountId,
      State: 'available',
      Tags: tagList(tagsOf(model, subnet.subnetId)),
    })),
    NextToken,
  };
}

export function describeSecurityGroups(model: Ec2Model, input: DescribeSecurityGroupsRequest) {
  allowOnly(input, ['GroupIds', 'GroupNames', 'Filters', 'MaxResults', 'NextToken'], 'DescribeSecurityGroups');
  const chosen = input.GroupIds?.length
    ? input.GroupIds.map((id) => findSecurityGroup(model, id))
    : [...model.securityGroups.values()].filter(
        (group) => !input.GroupNames?.length || input.GroupNames.includes(group.groupName),
      );
  const found = applyFilters(chosen, input.Filters, {
    values: {
      'group-id': (group) => group.groupId,
      'group-name': (group) => group.groupName,
      'vpc-id': (group) => group.vpcId,
      description: (group) => group.description,
    },
    tags: (group) => tagsOf(model, group.groupId),
  });
  const { items, NextToken } = paginate(found, input as PageRequest);
  return {
    SecurityGroups: items.map((group) => ({
      GroupId: group.groupId,
      GroupName: group.groupName,
      Description: group.description,
      VpcId: group.vpcId,
      OwnerId: model.accountId,
      IpPermissions: [],
      IpPermissionsEgress: [],
      Tags: tagList(tagsOf(model, group.groupId)),
    })),
    NextToken,
  };
}

/** e.g. us-east-1a → use1-az1: first letters of the parts, the number, the zone's place. */
function zoneId(model: Ec2Model, zone: string): string {
  const [area = '', direction = '', number = ''] = model.region.split('-');
  return `${area}${direction.slice(0, 1)}${number}-az${model.zones.indexOf(zone) + 1}`;
}

export function describeAvailabilityZones(model: Ec2Model, input: DescribeAvailabilityZonesRequest) {
  allowOnly(input, ['ZoneNames', 'ZoneIds', 'Filters', 'AllAvailabilityZones'], 'DescribeAvailabilityZones');
  const named = model.zones.filter(
    (zone) =>
      (!input.ZoneNames?.length || input.ZoneNames.includes(zone)) &&
      (!input.ZoneIds?.length || input.ZoneIds.includes(zoneId(model, zone))),
  );
  const zones = applyFilters(named, input.Filters, {
    values: {
      'zone-name': (zone) => zone,
      'zone-id': (zone) => zoneId(model, zone),
      'region-name': () => model.region,
      state: () => 'available',
      'zone-type': () => 'availability-zone',
      'opt-in-status': () => 'opt-in-not-required',
    },
  });
  return {
    AvailabilityZones: zones.map((zone) => ({
      ZoneName: zone,
      ZoneId: zoneId(model, zone),
      RegionName: model.region,
      GroupName: model.region,
      NetworkBorderGroup: model.region,
      ZoneType: 'availability-zone',
      OptInStatus: 'opt-in-not-required',
      State: 'available',
      Messages: [],
    })),
  };
}

export function describeRegions(model: Ec2Model, input: DescribeRegionsRequest) {
  allowOnly(input, ['RegionNames', 'AllRegions'], 'DescribeRegions');
  const isAsked = !input.RegionNames?.length || input.RegionNames.includes(model.region);
  const region = {
    RegionName: model.region,
    Endpoint: `ec2.${model.region}.amazonaws.com`,
    OptInStatus: 'opt-in-not-required',
  };
  return { Regions: isAsked ? [region] : [] };
}
