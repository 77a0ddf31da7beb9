/**
 * Where training instances run: by default a VPC of the stack's own, one public subnet per zone, no NAT (an idle NAT
 * gateway costs more than the whole control plane), S3 by gateway endpoint; or subnets that exist already, imported by
 * their ids, so that synth needs no look-up. Nothing is let in but from the group itself, which ranks need.
 */
import { Fn } from 'aws-cdk-lib';
import {
  CfnSecurityGroup,
  CfnSecurityGroupIngress,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

/** Subnets of an own VPC. */
export interface ExistingNetwork {
  readonly vpcId: string;
  /** One per zone: an EC2 fleet cannot span two subnets of one zone. */
  readonly subnetIds: readonly string[];
  /** False in private subnets, which then need a way to S3, SSM and CloudWatch Logs: endpoints or NAT. */
  readonly assignPublicIp: boolean;
}

export interface TrainingNetworkProps {
  readonly existing?: ExistingNetwork | undefined;
  /** Zones of the stack's own VPC, 1 to 3; a region may offer an account fewer than three. */
  readonly zones: number;
}

export class TrainingNetwork extends Construct {
  readonly subnetIds: readonly string[];
  readonly securityGroupId: string;
  readonly assignPublicIp: boolean;
  /** The stack's own VPC, absent when the network existed already. */
  readonly vpc: Vpc | undefined;

  constructor(scope: Construct, id: string, { existing, zones }: TrainingNetworkProps) {
    super(scope, id);
    this.vpc = existing ? undefined : this.#createVpc(zones);
    this.subnetIds = existing?.subnetIds ?? this.vpc?.publicSubnets.map(({ subnetId }) => subnetId) ?? [];
    this.assignPublicIp = existing?.assignPublicIp ?? true;
    const vpcId = existing?.vpcId ?? this.vpc?.vpcId ?? '';
    this.securityGroupId = this.#createSecurityGroup(vpcId);
  }

  #createVpc(zones: number): Vpc {
    return new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.97.0.0/16'),
      availabilityZones: Array.from({ length: zones }, (_, index) => Fn.select(index, Fn.getAzs())),
      natGateways: 0,
      subnetConfiguration: [
        { name: 'Training', subnetType: SubnetType.PUBLIC, cidrMask: 20, mapPublicIpOnLaunch: true },
      ],
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
      // Would be a custom resource.
      restrictDefaultSecurityGroup: false,
    });
  }

  #createSecurityGroup(vpcId: string): string {
    const group = new CfnSecurityGroup(this, 'SecurityGroup', {
      vpcId,
      groupDescription: 'runctl training instances: nothing in but from each other',
      securityGroupEgress: [{ ipProtocol: '-1', cidrIp: '0.0.0.0/0', description: 'Code, data, packages, AWS' }],
    });
    new CfnSecurityGroupIngress(this, 'FromEachOther', {
      groupId: group.attrGroupId,
      sourceSecurityGroupId: group.attrGroupId,
      ipProtocol: '-1',
      description: 'Ranks of a distributed job',
    });
    return group.attrGroupId;
  }
}
