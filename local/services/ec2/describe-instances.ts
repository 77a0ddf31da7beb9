/** DescribeInstances, DescribeInstanceStatus, TerminateInstances. */
import type {
  DescribeInstanceStatusRequest,
  DescribeInstancesRequest,
  InstanceStateName,
  TerminateInstancesRequest,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../service';
import { type Lifecycle, privateDnsName } from './lifecycle';
import { type Ec2Model, type Instance, tagList, tagsOf } from './model';
import { allowOnly, applyFilters, checkDryRun, type FilterTable, paginate } from './request';

const STATE_CODES: Record<string, number> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** EC2 checks every minute; two failures in a row make a check impaired. */
const CHECKS_PASS_AFTER_MS = 60_000;
const IMPAIRED_AFTER_MS = 120_000;

const toState = (name: InstanceStateName) => ({ Name: name, Code: STATE_CODES[name] ?? 0 });

/**
 * Instances by id, in that order; all of them when no id is given.
 * @throws AwsError InvalidInstanceID.NotFound, InvalidInstanceID.Malformed
 */
export function findInstances(model: Ec2Model, ids: readonly string[] | undefined): Instance[] {
  if (!ids?.length) return [...model.instances.values()];
  const malformed = ids.find((id) => !/^i-[0-9a-f]{8,17}$/.test(id));
  if (malformed) throw new AwsError('InvalidInstanceID.Malformed', `Invalid id: "${malformed}"`);
  const missing = ids.filter((id) => !model.instances.has(id));
  if (missing.length > 0) {
    const [is, them] = missing.length === 1 ? ['', 'does'] : ['s', 'do'];
    throw new AwsError('InvalidInstanceID.NotFound', `The instance ID${is} '${missing.join(', ')}' ${them} not exist`);
  }
  return ids.flatMap((id) => model.instances.get(id) ?? []);
}

function filterTable(model: Ec2Model): FilterTable<Instance> {
  return {
    values: {
      'instance-id': (instance) => instance.instanceId,
      'instance-state-name': (instance) => instance.state,
      'instance-state-code': (instance) => STATE_CODES[instance.state],
      'instance-type': ({ spec }) => spec.type.name,
      'instance-lifecycle': ({ spec }) => (spec.market === 'spot' ? 'spot' : undefined),
      'client-token': ({ spec }) => spec.clientToken,
      'image-id': ({ spec }) => spec.image.imageId,
      architecture: ({ spec }) => spec.type.architecture,
      'availability-zone': ({ spec }) => spec.subnet.availabilityZone,
      'subnet-id': ({ spec }) => spec.subnet.subnetId,
      'vpc-id': ({ spec }) => spec.subnet.vpcId,
      'instance.group-id': ({ spec }) => spec.securityGroupIds,
      'private-ip-address': (instance) => instance.privateIp,
      'reservation-id': (instance) => instance.reservationId,
      'spot-instance-request-id': (instance) => instance.spotRequestId,
      'state-reason-code': (instance) => instance.stateReason?.Code,
      'iam-instance-profile.arn': ({ spec }) => spec.instanceProfileArn,
      'owner-id': () => model.accountId,
    },
    tags: (instance) => tagsOf(model, instance.instanceId),
  };
}

export function describeInstances(model: Ec2Model, input: DescribeInstancesRequest) {
  allowOnly(input, ['InstanceIds', 'Filters', 'MaxResults', 'NextToken', 'DryRun'], 'DescribeInstances');
  checkDryRun(input);
  const found = applyFilters(findInstances(model, input.InstanceIds), input.Filters, filterTable(model));
  const { items, NextToken } = paginate(found, input);
  const reservations = new Map<string, Instance[]>();
  for (const instance of items) {
    reservations.set(instance.reservationId, [...(reservations.get(instance.reservationId) ?? []), instance]);
  }
  return { Reservations: [...reservations.values()].map((group) => describeReservation(model, group)), NextToken };
}

/** Instances of one launch, as RunInstances and DescribeInstances show them. */
export function describeReservation(model: Ec2Model, instances: readonly Instance[]) {
  return {
    ReservationId: instances[0]?.reservationId,
    OwnerId: model.accountId,
    Groups: [],
    Instances: instances.map((instance) => describeInstance(model, instance)),
  };
}

function describeInstance(model: Ec2Model, instance: Instance) {
  const { spec } = instance;
  const isGone = instance.state === 'terminated';
  const launchTime = new Date(instance.launchedAtMs);
  return {
    InstanceId: instance.instanceId,
    ImageId: spec.image.imageId,
    InstanceType: spec.type.name,
    Architecture: spec.type.architecture,
    LaunchTime: launchTime,
    AmiLaunchIndex: instance.launchIndex,
    State: toState(instance.state),
    StateReason: instance.stateReason,
    StateTransitionReason: instance.transitionReason,
    InstanceLifecycle: spec.market === 'spot' ? 'spot' : undefined,
    SpotInstanceRequestId: instance.spotRequestId,
    ClientToken: spec.clientToken ?? '',
    KeyName: spec.keyName,
    Placement: {
      AvailabilityZone: spec.subnet.availabilityZone,
      GroupName: spec.placementGroup ?? '',
      Tenancy: 'default',
    },
    ...(isGone ? { PrivateDnsName: '', PublicDnsName: '' } : describeAddresses(model, instance)),
    IamInstanceProfile: spec.instanceProfileArn && {
      Arn: spec.instanceProfileArn,
      Id: `AIPA${instance.instanceId.slice(2).toUpperCase()}`,
    },
    RootDeviceName: spec.image.rootDeviceName,
    RootDeviceType: 'ebs',
    BlockDeviceMappings: describeDevices(model, instance),
    MetadataOptions: {
      State: 'applied',
      HttpEndpoint: spec.metadata.endpointEnabled ? 'enabled' : 'disabled',
      HttpTokens: spec.metadata.tokensRequired ? 'required' : 'optional',
      HttpPutResponseHopLimit: spec.metadata.hopLimit,
      HttpProtocolIpv6: 'disabled',
      InstanceMetadataTags: spec.metadata.tagsEnabled ? 'enabled' : 'disabled',
    },
    Monitoring: { State: spec.monitoring ? 'enabled' : 'disabled' },
    EbsOptimized: spec.ebsOptimized,
    EnaSupport: true,
    Hypervisor: 'nitro',
    VirtualizationType: 'hvm',
    SourceDestCheck: true,
    ProductCodes: [],
    HibernationOptions: { Configured: false },
    EnclaveOptions: { Enabled: false },
    CpuOptions: { CoreCount: Math.max(1, spec.type.vcpus / 2), ThreadsPerCore: 2 },
    PlatformDetails: 'Linux/UNIX',
    UsageOperation: 'RunInstances',
    UsageOperationUpdateTime: launchTime,
    Tags: tagList(tagsOf(model, instance.instanceId)),
  };
}

function describeAddresses(model: Ec2Model, instance: Instance) {
  const { spec, privateIp, publicIp } = instance;
  const groups = spec.securityGroupIds.map((GroupId) => ({
    GroupId,
    GroupName: model.securityGroups.get(GroupId)?.groupName,
  }));
  const dnsName = privateDnsName(model.region, privateIp);
  return {
    PrivateIpAddress: privateIp,
    PrivateDnsName: dnsName,
    PublicIpAddress: publicIp,
    PublicDnsName: publicIp ? `ec2-${publicIp.replaceAll('.', '-')}.compute-1.amazonaws.com` : '',
    SubnetId: spec.subnet.subnetId,
    VpcId: spec.subnet.vpcId,
    SecurityGroups: groups,
    NetworkInterfaces: [
      {
        NetworkInterfaceId: instance.networkInterfaceId,
        Description: '',
        Groups: groups,
        OwnerId: model.accountId,
        PrivateDnsName: dnsName,
        PrivateIpAddress: privateIp,
        PrivateIpAddresses: [{ Primary: true, PrivateDnsName: dnsName, PrivateIpAddress: privateIp }],
        Association: publicIp ? { PublicIp: publicIp, IpOwnerId: 'amazon', PublicDnsName: '' } : undefined,
        Attachment: { DeviceIndex: 0, DeleteOnTermination: true, Status: 'attached', NetworkCardIndex: 0 },
        SourceDestCheck: true,
        Status: 'in-use',
        SubnetId: spec.subnet.subnetId,
        VpcId: spec.subnet.vpcId,
        InterfaceType: 'interface',
      },
    ],
  };
}

function describeDevices(model: Ec2Model, instance: Instance) {
  return instance.volumeIds.flatMap((volumeId) => {
    const volume = model.volumes.get(volumeId);
    if (!volume) return [];
    return {
      DeviceName: volume.deviceName,
      Ebs: {
        VolumeId: volumeId,
        Status: 'attached',
        DeleteOnTermination: volume.deleteOnTermination,
        AttachTime: new Date(volume.createdAtMs),
      },
    };
  });
}

export function describeInstanceStatus(model: Ec2Model, input: DescribeInstanceStatusRequest) {
  const members = ['InstanceIds', 'IncludeAllInstances', 'Filters', 'MaxResults', 'NextToken', 'DryRun'];
  allowOnly(input, members, 'DescribeInstanceStatus');
  const shown = findInstances(model, input.InstanceIds).filter(
    (instance) => input.IncludeAllInstances || instance.state === 'running',
  );
  // Neither tags nor instance-id are filters of this call.
  const found = applyFilters(shown, input.Filters, {
    values: {
      'instance-state-name': (instance) => instance.state,
      'availability-zone': ({ spec }) => spec.subnet.availabilityZone,
      'instance-status.status': (instance) => checkStatus(model, instance),
      'system-status.status': (instance) => checkStatus(model, instance),
    },
  });
  const { items, NextToken } = paginate(found, input);
  const statuses = items.map((instance) => {
    const status = checkStatus(model, instance);
    const detail = { ok: 'passed', impaired: 'failed' }[status] ?? status;
    const summary = { Status: status, Details: [{ Name: 'reachability', Status: detail }] };
    return {
      InstanceId: instance.instanceId,
      AvailabilityZone: instance.spec.subnet.availabilityZone,
      InstanceState: toState(instance.state),
      InstanceStatus: summary,
      SystemStatus: summary,
      Events: [],
    };
  });
  return { InstanceStatuses: statuses, NextToken };
}

function checkStatus(model: Ec2Model, instance: Instance): string {
  const now = model.clock.now();
  if (instance.state !== 'running') return 'not-applicable';
  if (instance.vanishedAtMs !== undefined && now - instance.vanishedAtMs >= IMPAIRED_AFTER_MS) return 'impaired';
  return now - instance.launchedAtMs < CHECKS_PASS_AFTER_MS ? 'initializing' : 'ok';
}

export function terminateInstances(model: Ec2Model, lifecycle: Lifecycle, input: TerminateInstancesRequest) {
  allowOnly(input, ['InstanceIds', 'DryRun'], 'TerminateInstances');
  checkDryRun(input);
  if (!input.InstanceIds?.length)
    throw new AwsError('MissingParameter', 'The request must contain the parameter InstanceIds');
  const changes = findInstances(model, input.InstanceIds).map((instance) => {
    const before = toState(instance.state);
    lifecycle.terminate(instance);
    return { InstanceId: instance.instanceId, PreviousState: before, CurrentState: toState(instance.state) };
  });
  return { TerminatingInstances: changes };
}
