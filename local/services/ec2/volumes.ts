/** DescribeVolumes: each instance's volumes, which go with it. */
import type { DescribeVolumesRequest } from '@aws-sdk/client-ec2';
import { AwsError } from '../../service';
import { type Ec2Model, tagList, tagsOf } from './model';
import { allowOnly, applyFilters, paginate } from './request';

export function describeVolumes(model: Ec2Model, input: DescribeVolumesRequest) {
  allowOnly(input, ['VolumeIds', 'Filters', 'MaxResults', 'NextToken', 'DryRun'], 'DescribeVolumes');
  const missing = input.VolumeIds?.find((id) => !model.volumes.has(id));
  if (missing) throw new AwsError('InvalidVolume.NotFound', `The volume '${missing}' does not exist.`);
  const chosen = [...model.volumes.values()].filter(
    ({ volumeId }) => !input.VolumeIds?.length || input.VolumeIds.includes(volumeId),
  );
  const found = applyFilters(chosen, input.Filters, {
    values: {
      'volume-id': (volume) => volume.volumeId,
      status: () => 'in-use',
      'attachment.instance-id': (volume) => volume.instanceId,
      'attachment.status': () => 'attached',
      'availability-zone': (volume) => volume.availabilityZone,
      'volume-type': (volume) => volume.volumeType,
      encrypted: (volume) => volume.encrypted,
    },
    tags: (volume) => tagsOf(model, volume.volumeId),
  });
  const { items, NextToken } = paginate(found, input);
  const volumes = items.map((volume) => ({
    VolumeId: volume.volumeId,
    Size: volume.sizeGiB,
    VolumeType: volume.volumeType,
    Iops: volume.iops ?? 3000,
    Throughput: volume.throughput ?? 125,
    Encrypted: volume.encrypted,
    SnapshotId: volume.snapshotId ?? '',
    AvailabilityZone: volume.availabilityZone,
    CreateTime: new Date(volume.createdAtMs),
    State: 'in-use',
    MultiAttachEnabled: false,
    Attachments: [
      {
        VolumeId: volume.volumeId,
        InstanceId: volume.instanceId,
        Device: volume.deviceName,
        State: 'attached',
        AttachTime: new Date(volume.createdAtMs),
        DeleteOnTermination: volume.deleteOnTermination,
      },
    ],
    Tags: tagList(tagsOf(model, volume.volumeId)),
  }));
  return { Volumes: volumes, NextToken };
}
