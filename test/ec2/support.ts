import type { Host, HostEvents, HostFactory, HostSpec } from '../../local/hosts/host';
import type { AwsEvent, CallContext } from '../../local/service';
import { OPEN_ACCESS } from '../../local/services/ec2/access';
import { createEc2, type Ec2Options, type Ec2Service } from '../../local/services/ec2/create-ec2';
import { ManualClock } from '../support/manual-clock';

/** A machine that only writes down what happens to it. */
export interface PaperHost {
  spec: HostSpec;
  events: HostEvents;
  journal: string[];
}

export interface TestEc2 {
  ec2: Ec2Service;
  clock: ManualClock;
  events: AwsEvent[];
  hosts: PaperHost[];
  subnetIds: string[];
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  call(operation: string, input?: object): Promise<any>;
}

export const context: CallContext = {
  caller: {
    accessKeyId: 'AKIATEST',
    accountId: '000000000000',
    arn: 'arn:aws:iam::000000000000:user/ana',
    userId: 'AIDATEST',
  },
  accountId: '000000000000',
  region: 'us-east-1',
  requestId: 'request-1',
};

function paperHosts(hosts: PaperHost[]): HostFactory {
  return {
    launch(spec, events): Host {
      const journal: string[] = [];
      hosts.push({ spec, events, journal });
      return {
        instanceId: spec.instanceId,
        showInterruption: ({ action, atMs }) => void journal.push(`${action} at ${new Date(atMs).toISOString()}`),
        showRebalance: () => void journal.push('rebalance'),
        run: () => ({ finished: new Promise(() => {}), cancel: () => {} }),
        shutDown: async () => void journal.push('shut down'),
        destroy: async () => void journal.push('destroyed'),
      };
    },
    close: async () => {},
  };
}

/** EC2 on a hand-driven clock with paper hosts. */
export function testEc2(options: Partial<Ec2Options> = {}): TestEc2 {
  const clock = new ManualClock();
  const events: AwsEvent[] = [];
  const hosts: PaperHost[] = [];
  let count = 0;
  const ec2 = createEc2({
    clock,
    newId: () => `id-${++count}`,
    random: () => 0.5,
    accountId: '000000000000',
    region: 'us-east-1',
    emitEvent: (event) => events.push(event),
    hosts: paperHosts(hosts),
    access: OPEN_ACCESS,
    ...options,
  });
  const vpc = ec2.createVpc({ cidr: '10.0.0.0/16' });
  const subnetIds = ['us-east-1a', 'us-east-1b'].map(
    (availabilityZone, index) =>
      ec2.createSubnet({ vpcId: vpc.vpcId, cidr: `10.0.${index}.0/24`, availabilityZone }).subnetId,
  );
  const call = async (operation: string, input: object = {}) => {
    const act = ec2.operations[operation];
    if (!act) throw new Error(`no ${operation}`);
    return act(input, context);
  };
  return { ec2, clock, events, hosts, subnetIds, call };
}

export const AL2023 = 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';

/** A launch template named `nodes` such as the control plane deploys. */
export function makeTemplate({ ec2 }: TestEc2): string {
  const { launchTemplateId } = ec2.createLaunchTemplate({
    LaunchTemplateName: 'nodes',
    LaunchTemplateData: {
      ImageId: AL2023,
      InstanceInitiatedShutdownBehavior: 'terminate',
      UserData: Buffer.from('#!/bin/sh\n').toString('base64'),
      IamInstanceProfile: { Arn: 'arn:aws:iam::000000000000:instance-profile/node' },
      MetadataOptions: { HttpTokens: 'required', InstanceMetadataTags: 'enabled' },
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'CreatedBy', Value: 'runctl' }] }],
    },
  });
  return launchTemplateId;
}

/** A fleet request over `pools` (type, subnet). */
export function fleetRequest(templateId: string, pools: [string, string | undefined][], more: object = {}): object {
  return {
    Type: 'instant',
    LaunchTemplateConfigs: [
      {
        LaunchTemplateSpecification: { LaunchTemplateId: templateId, Version: '$Latest' },
        Overrides: pools.map(([InstanceType, SubnetId]) => ({ InstanceType, SubnetId })),
      },
    ],
    TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'spot' },
    SpotOptions: { AllocationStrategy: 'price-capacity-optimized' },
    TagSpecifications: [
      { ResourceType: 'instance', Tags: [{ Key: 'SessionId', Value: 'digits-1' }] },
      { ResourceType: 'volume', Tags: [{ Key: 'SessionId', Value: 'digits-1' }] },
    ],
    ...more,
  };
}
