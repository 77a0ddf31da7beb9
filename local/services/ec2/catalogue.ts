/** DescribeInstanceTypes, DescribeInstanceTypeOfferings, DescribeImages. */
import type {
  DescribeImagesRequest,
  DescribeInstanceTypeOfferingsRequest,
  DescribeInstanceTypesRequest,
} from '@aws-sdk/client-ec2';
import { IMAGES, type MachineImage } from '../../data/images';
import { INSTANCE_TYPES, type InstanceType } from '../../data/instance-types';
import { AwsError, LocalUnsupported } from '../../service';
import { isOffered } from './capacity';
import type { Ec2Model } from './model';
import { allowOnly, applyFilters, checkDryRun, paginate } from './request';

export function describeInstanceTypes(input: DescribeInstanceTypesRequest) {
  allowOnly(input, ['InstanceTypes', 'Filters', 'MaxResults', 'NextToken', 'DryRun'], 'DescribeInstanceTypes');
  checkDryRun(input);
  const wanted: readonly string[] = input.InstanceTypes ?? [];
  const unknown = wanted.filter((name) => !INSTANCE_TYPES.has(name));
  if (unknown.length > 0) {
    throw new AwsError(
      'InvalidInstanceType',
      `The following supplied instance types do not exist: [${unknown.join(', ')}]`,
    );
  }
  const types = [...INSTANCE_TYPES.values()].filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  const found = applyFilters(types, input.Filters, {
    values: {
      'instance-type': (type) => type.name,
      'processor-info.supported-architecture': (type) => type.architecture,
      'vcpu-info.default-vcpus': (type) => type.vcpus,
      'memory-info.size-in-mib': (type) => type.memoryMiB,
      'supported-usage-class': () => ['on-demand', 'spot'],
      'current-generation': (type) => isCurrent(type),
      'burstable-performance-supported': (type) => type.burstable,
      'bare-metal': () => false,
      'instance-storage-supported': (type) => type.localStorage !== undefined,
    },
  });
  const { items, NextToken } = paginate(found, input, 100);
  return { InstanceTypes: items.map(describeType), NextToken };
}

/** The price list counts P3 among previous generations. */
const isCurrent = (type: InstanceType) => type.family !== 'p3';

function describeType(type: InstanceType) {
  const threads = type.architecture === 'arm64' ? 1 : 2;
  const { gpu, localStorage } = type;
  return {
    InstanceType: type.name,
    CurrentGeneration: isCurrent(type),
    FreeTierEligible: type.name === 't3.micro',
    SupportedUsageClasses: ['on-demand', 'spot'],
    SupportedRootDeviceTypes: ['ebs'],
    SupportedVirtualizationTypes: ['hvm'],
    BareMetal: false,
    Hypervisor: type.family === 'p3' ? 'xen' : 'nitro',
    ProcessorInfo: { SupportedArchitectures: [type.architecture] },
    VCpuInfo: {
      DefaultVCpus: type.vcpus,
      DefaultCores: type.vcpus / threads,
      DefaultThreadsPerCore: threads,
    },
    MemoryInfo: { SizeInMiB: type.memoryMiB },
    InstanceStorageSupported: localStorage !== undefined,
    InstanceStorageInfo: localStorage && { TotalSizeInGB: localStorage.totalGB, NvmeSupport: 'required' },
    EbsInfo: { EbsOptimizedSupport: 'default', EncryptionSupport: 'supported', NvmeSupport: 'required' },
    GpuInfo: gpu && {
      Gpus: [
        {
          Name: gpu.name,
          Manufacturer: gpu.manufacturer,
          Count: gpu.count,
          MemoryInfo: { SizeInMiB: gpu.memoryMiB },
        },
      ],
      TotalGpuMemoryInMiB: gpu.count * gpu.memoryMiB,
    },
    BurstablePerformanceSupported: type.burstable,
    HibernationSupported: false,
    DedicatedHostsSupported: false,
    AutoRecoverySupported: false,
    SupportedBootModes: ['legacy-bios', 'uefi'],
  };
}

export function describeInstanceTypeOfferings(model: Ec2Model, input: DescribeInstanceTypeOfferingsRequest) {
  const members = ['LocationType', 'Filters', 'MaxResults', 'NextToken', 'DryRun'];
  allowOnly(input, members, 'DescribeInstanceTypeOfferings');
  const kind = input.LocationType ?? 'region';
  if (kind !== 'region' && kind !== 'availability-zone') throw new LocalUnsupported('ec2', `offerings by ${kind}`);
  const locations = kind === 'region' ? [model.region] : model.zones;
  const offerings = [...INSTANCE_TYPES.keys()].flatMap((name) =>
    locations
      .filter((location) => kind === 'region' || isOffered(name, location))
      .map((location) => ({ InstanceType: name, LocationType: kind, Location: location })),
  );
  const found = applyFilters(offerings, input.Filters, {
    values: {
      'instance-type': (offering) => offering.InstanceType,
      location: (offering) => offering.Location,
    },
  });
  const { items, NextToken } = paginate(found, input);
  return { InstanceTypeOfferings: items, NextToken };
}

export function describeImages(input: DescribeImagesRequest) {
  const members = ['ImageIds', 'Owners', 'Filters', 'ExecutableUsers', 'IncludeDeprecated', 'IncludeDisabled'];
  allowOnly(input, [...members, 'MaxResults', 'NextToken', 'DryRun'], 'DescribeImages');
  checkDryRun(input);
  const missing = input.ImageIds?.filter((id) => !IMAGES.some((image) => image.imageId === id)) ?? [];
  if (missing.length > 0) {
    throw new AwsError('InvalidAMIID.NotFound', `The image id '[${missing.join(', ')}]' does not exist`);
  }
  const owned = IMAGES.filter(
    (image) =>
      (!input.ImageIds?.length || input.ImageIds.includes(image.imageId)) &&
      (!input.Owners?.length || input.Owners.includes(image.ownerId) || input.Owners.includes(image.ownerAlias ?? '')),
  );
  const found = applyFilters(owned, input.Filters, {
    values: {
      'image-id': (image) => image.imageId,
      name: (image) => image.name,
      description: (image) => image.description,
      architecture: (image) => image.architecture,
      'owner-id': (image) => image.ownerId,
      'owner-alias': (image) => image.ownerAlias,
      'root-device-name': (image) => image.rootDeviceName,
      'root-device-type': () => 'ebs',
      'virtualization-type': () => 'hvm',
      state: () => 'available',
      'is-public': () => true,
    },
  });
  const { items, NextToken } = paginate(found, input);
  return { Images: items.map(describeImage), NextToken };
}

function describeImage(image: MachineImage) {
  return {
    ImageId: image.imageId,
    Name: image.name,
    Description: image.description,
    Architecture: image.architecture,
    OwnerId: image.ownerId,
    ImageOwnerAlias: image.ownerAlias,
    ImageLocation: `${image.ownerAlias ?? image.ownerId}/${image.name}`,
    CreationDate: image.createdAt,
    State: 'available',
    Public: true,
    ImageType: 'machine',
    PlatformDetails: 'Linux/UNIX',
    UsageOperation: 'RunInstances',
    RootDeviceName: image.rootDeviceName,
    RootDeviceType: 'ebs',
    VirtualizationType: 'hvm',
    Hypervisor: 'xen',
    EnaSupport: true,
    ImdsSupport: 'v2.0',
    BlockDeviceMappings: [
      {
        DeviceName: image.rootDeviceName,
        Ebs: {
          SnapshotId: image.snapshotId,
          VolumeSize: image.rootSizeGiB,
          VolumeType: 'gp3',
          DeleteOnTermination: true,
          Encrypted: false,
        },
      },
    ],
    Tags: [],
  };
}
