/** DescribeVpcs, DescribeSubnets, DescribeSecurityGroups, DescribeAvailabilityZones, DescribeRegions. */
import type {
  DescribeAvailabilityZonesRequest,
  DescribeRegionsRequest,
  DescribeSecurityGroupsRequest,
  DescribeSubnetsRequest,
  DescribeVpcsRequest,
} from '@aws-sdk/client-ec2';
import type { PageRequest } from '../pages';
import { type Ec2Model, type Subnet, tagList, tagsOf } from './model';
import { findSecurityGroup, findSubnet, findVpc } from './network';
import { allowOnly, applyFilters, paginate } from './request';

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
