/** EC2 networks and launch templates, SSM documents and parameters. */
import { z } from 'zod';
import { boolean, physicalName, resourceType, tagMap, tags, withoutEffect } from '../resource-type';

const vpc = resourceType(
  z.strictObject({
    CidrBlock: z.string(),
    EnableDnsHostnames: withoutEffect,
    EnableDnsSupport: withoutEffect,
    InstanceTenancy: z.literal('default').optional(),
    Tags: tags,
  }),
  ({ CidrBlock, Tags }, { ec2 }) => {
    const { vpcId } = ec2.createVpc({ cidr: CidrBlock, tags: tagMap(Tags) });
    return { ref: vpcId, attributes: { VpcId: vpcId, CidrBlock } };
  },
);

const subnet = resourceType(
  z.strictObject({
    VpcId: z.string(),
    CidrBlock: z.string(),
    AvailabilityZone: z.string(),
    MapPublicIpOnLaunch: boolean.default(false),
    Tags: tags,
  }),
  (properties, { ec2 }) => {
    const { subnetId } = ec2.createSubnet({
      vpcId: properties.VpcId,
      cidr: properties.CidrBlock,
      availabilityZone: properties.AvailabilityZone,
      mapPublicIpOnLaunch: properties.MapPublicIpOnLaunch,
      tags: tagMap(properties.Tags),
    });
    const { AvailabilityZone, VpcId, CidrBlock } = properties;
    return { ref: subnetId, attributes: { SubnetId: subnetId, AvailabilityZone, VpcId, CidrBlock } };
  },
);

const securityGroup = resourceType(
  z.strictObject({
    GroupName: z.string().optional(),
    GroupDescription: z.string(),
    VpcId: z.string(),
    // Hosts share the loopback interface: nothing here can refuse a connection.
    SecurityGroupIngress: withoutEffect,
    SecurityGroupEgress: withoutEffect,
    Tags: tags,
  }),
  (properties, context) => {
    const { groupId } = context.ec2.createSecurityGroup({
      vpcId: properties.VpcId,
      groupName: properties.GroupName ?? physicalName(context, { maxLength: 255 }),
      description: properties.GroupDescription,
      tags: tagMap(properties.Tags),
    });
    return { ref: groupId, attributes: { GroupId: groupId, VpcId: properties.VpcId } };
  },
);

const launchTemplate = resourceType(
  z.strictObject({
    LaunchTemplateName: z.string().optional(),
    VersionDescription: z.string().optional(),
    // The shape is that of the API, which checks it.
    LaunchTemplateData: z.record(z.string(), z.unknown()),
    TagSpecifications: z.array(z.record(z.string(), z.unknown())).optional(),
  }),
  async (properties, context) => {
    const { LaunchTemplateName = physicalName(context, { maxLength: 128 }), ...rest } = properties;
    const answer = await context.dispatch('ec2', 'CreateLaunchTemplate', { LaunchTemplateName, ...rest }, context.call);
    const { LaunchTemplate: created } = answer as {
      LaunchTemplate: { LaunchTemplateId: string; DefaultVersionNumber: number; LatestVersionNumber: number };
    };
    const attributes = {
      LaunchTemplateId: created.LaunchTemplateId,
      DefaultVersionNumber: String(created.DefaultVersionNumber),
      LatestVersionNumber: String(created.LatestVersionNumber),
    };
    return { ref: created.LaunchTemplateId, attributes };
  },
);

const document = resourceType(
  z.strictObject({
    Name: z.string().optional(),
    Content: z.union([z.string(), z.record(z.string(), z.unknown())]),
    DocumentType: z.string().optional(),
    DocumentFormat: z.enum(['JSON', 'YAML']).default('JSON'),
    TargetType: z.string().optional(),
    UpdateMethod: withoutEffect,
    Tags: withoutEffect,
  }),
  async (properties, context) => {
    const {
      Name = physicalName(context, { maxLength: 128 }),
      Content,
      DocumentType,
      DocumentFormat,
      TargetType,
    } = properties;
    const input = {
      Name,
      Content: typeof Content === 'string' ? Content : JSON.stringify(Content),
      DocumentFormat,
      ...(DocumentType === undefined ? {} : { DocumentType }),
      ...(TargetType === undefined ? {} : { TargetType }),
    };
    await context.dispatch('ssm', 'CreateDocument', input, context.call);
    return { ref: Name };
  },
);

const parameter = resourceType(
  z.strictObject({
    Name: z.string().optional(),
    Type: z.enum(['String', 'StringList']),
    Value: z.string(),
    Description: z.string().optional(),
    AllowedPattern: withoutEffect,
    DataType: z.literal('text').optional(),
    Tier: withoutEffect,
    Tags: withoutEffect,
  }),
  async (properties, context) => {
    const { Name = physicalName(context), Type, Value } = properties;
    await context.dispatch('ssm', 'PutParameter', { Name, Type, Value, Overwrite: true }, context.call);
    return { ref: Name, attributes: { Type, Value } };
  },
);

export const machineTypes = {
  'AWS::EC2::VPC': vpc,
  'AWS::EC2::Subnet': subnet,
  'AWS::EC2::SecurityGroup': securityGroup,
  'AWS::EC2::LaunchTemplate': launchTemplate,
  'AWS::SSM::Document': document,
  'AWS::SSM::Parameter': parameter,
};
