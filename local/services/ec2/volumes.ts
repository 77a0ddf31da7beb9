/** DescribeVolumes, CreateVolume, DeleteVolume: instances' volumes, those that have outlived theirs, and single ones. */
import type { CreateVolumeRequest, DeleteVolumeRequest, DescribeVolumesRequest } from '@aws-sdk/client-ec2';
import { AwsError } from '../../service';
import { resourceId } from './ids';
import { type Ec2Model, tagList, tagsOf, type Volume } from './model';
import { allowOnly, applyFilters, checkDryRun, type IdempotentRequests, paginate } from './request';
import { checkTagKey } from './tag-rules';

/** A new volume is not to be had at once. */
const CREATING_MS = 1_000;
const DEFAULT_TYPE = 'gp2';
/** Of gp3: https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html */
const GP3_IOPS = 3000;
const GP3_THROUGHPUT = 125;

export function describeVolumes(model: Ec2Model, input: DescribeVolumesRequest) {
  allowOnly(input, ['VolumeIds', 'Filters', 'MaxResults', 'NextToken', 'DryRun'], 'DescribeVolumes');
  checkDryRun(input);
  for (const id of input.VolumeIds ?? []) requireVolume(model, id);
  const chosen = [...model.volumes.values()].filter(
    ({ volumeId }) => !input.VolumeIds?.length || input.VolumeIds.includes(volumeId),
  );
  const found = applyFilters(chosen, input.Filters, {
    values: {
      'volume-id': (volume) => volume.volumeId,
      status: (volume) => stateOf(model, volume),
      'attachment.instance-id': (volume) => volume.instanceId ?? undefined,
      'attachment.status': (volume) => (volume.instanceId === null ? undefined : 'attached'),
      'availability-zone': (volume) => volume.availabilityZone,
      'volume-type': (volume) => volume.volumeType,
      encrypted: (volume) => volume.encrypted,
    },
    tags: (volume) => tagsOf(model, volume.volumeId),
  });
  const { items, NextToken } = paginate(found, input);
  return { Volumes: items.map((volume) => describeVolume(model, volume)), NextToken };
}

const CREATE_MEMBERS = [
  'AvailabilityZone',
  'Size',
  'VolumeType',
  'Encrypted',
  'Iops',
  'Throughput',
  'TagSpecifications',
  'ClientToken',
  'DryRun',
];

/** @throws AwsError as EC2 does for a zone or a size that it does not have */
export function createVolume(model: Ec2Model, requests: IdempotentRequests, input: CreateVolumeRequest) {
  allowOnly(input, CREATE_MEMBERS, 'CreateVolume');
  checkDryRun(input);
  const { ClientToken, ...request } = input;
  const key = ClientToken && `CreateVolume:${ClientToken}`;
  const { volume } = requests.answer(key, request, () => ({ volume: makeVolume(model, input) }));
  return describeVolume(model, volume);
}

function makeVolume(model: Ec2Model, input: CreateVolumeRequest): Volume {
  const { AvailabilityZone: zone, Size: sizeGiB } = input;
  if (zone === undefined || !model.zones.includes(zone)) {
    throw new AwsError('InvalidZone.NotFound', `The zone '${zone}' does not exist.`);
  }
  if (sizeGiB === undefined) {
    throw new AwsError('MissingParameter', 'The request must contain the parameter size/snapshot');
  }
  const tags = new Map<string, string>();
  for (const { ResourceType, Tags } of input.TagSpecifications ?? []) {
    if (ResourceType !== 'volume') {
      throw new AwsError('InvalidParameterValue', `'${ResourceType}' is not a valid taggable resource type.`);
    }
    for (const { Key, Value } of Tags ?? []) tags.set(checkTagKey(Key), Value ?? '');
  }
  const volume: Volume = {
    volumeId: resourceId('vol', model.newId),
    instanceId: null,
    availabilityZone: zone,
    createdAtMs: model.clock.now(),
    deviceName: '',
    sizeGiB,
    volumeType: input.VolumeType ?? DEFAULT_TYPE,
    encrypted: input.Encrypted ?? false,
    deleteOnTermination: false,
    iops: input.Iops,
    throughput: input.Throughput,
  };
  model.volumes.set(volume.volumeId, volume);
  model.tags.set(volume.volumeId, tags);
  return volume;
}

export function deleteVolume(model: Ec2Model, input: DeleteVolumeRequest) {
  allowOnly(input, ['VolumeId', 'DryRun'], 'DeleteVolume');
  checkDryRun(input);
  const { volumeId, instanceId } = requireVolume(model, input.VolumeId ?? '');
  if (instanceId !== null) {
    throw new AwsError('VolumeInUse', `Volume ${volumeId} is currently attached to ${instanceId}`);
  }
  model.volumes.delete(volumeId);
  model.tags.delete(volumeId);
  return {};
}

/** @throws AwsError InvalidVolume.NotFound */
function requireVolume(model: Ec2Model, volumeId: string): Volume {
  const volume = model.volumes.get(volumeId);
  if (volume === undefined) throw new AwsError('InvalidVolume.NotFound', `The volume '${volumeId}' does not exist.`);
  return volume;
}

function stateOf(model: Ec2Model, { instanceId, createdAtMs }: Volume): 'creating' | 'available' | 'in-use' {
  if (instanceId !== null) return 'in-use';
  return model.clock.now() - createdAtMs < CREATING_MS ? 'creating' : 'available';
}

function describeVolume(model: Ec2Model, volume: Volume) {
  const { volumeId, instanceId, createdAtMs, deviceName, deleteOnTermination } = volume;
  const createdAt = new Date(createdAtMs);
  const attachment = {
    VolumeId: volumeId,
    InstanceId: instanceId ?? undefined,
    Device: deviceName,
    State: 'attached' as const,
    AttachTime: createdAt,
    DeleteOnTermination: deleteOnTermination,
  };
  return {
    VolumeId: volumeId,
    Size: volume.sizeGiB,
    VolumeType: volume.volumeType,
    Iops: volume.iops ?? GP3_IOPS,
    Throughput: volume.throughput ?? GP3_THROUGHPUT,
    Encrypted: volume.encrypted,
    SnapshotId: volume.snapshotId ?? '',
    AvailabilityZone: volume.availabilityZone,
    CreateTime: createdAt,
    State: stateOf(model, volume),
    MultiAttachEnabled: false,
    Attachments: instanceId === null ? [] : [attachment],
    Tags: tagList(tagsOf(model, volumeId)),
  };
}
