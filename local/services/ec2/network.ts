/** VPCs, subnets, security groups and zones: making and finding them. */
import { AwsError } from '../../service';
import { resourceId } from './ids';
import { type Ec2Model, type SecurityGroup, type Subnet, type Tags, tagsOf, type Vpc } from './model';

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
export function findVpc(model: Ec2Model, vpcId: string): Vpc {
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
