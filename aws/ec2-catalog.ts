/** What EC2 offers: instance types and machine images. */
import {
  type _InstanceType,
  DescribeImagesCommand,
  DescribeInstanceTypesCommand,
  DescribePlacementGroupsCommand,
  type EC2Client,
  type InstanceTypeInfo as Ec2InstanceType,
  type Image,
} from '@aws-sdk/client-ec2';
import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { architectureSchema } from '../core/plan/plan';
import type { Catalog, InstanceTypeInfo, MachineImage } from '../core/ports';
import { hasCode } from './errors';
import { collect, pages } from './pages';

export class Ec2Catalog implements Catalog {
  constructor(
    private readonly ec2: EC2Client,
    private readonly ssm: SSMClient,
  ) {}

  /** By filter: named directly, one unknown type would fail the call for all. */
  async instanceTypes(names: readonly string[]): Promise<InstanceTypeInfo[]> {
    const types = await collect(this.#types([{ Name: 'instance-type', Values: [...names] }]));
    return types.flatMap((type) => (type.InstanceType === undefined ? [] : [toInfo(type, type.InstanceType)]));
  }

  async allInstanceTypeNames(): Promise<string[]> {
    const types = await collect(this.#types(undefined));
    return types.flatMap(({ InstanceType: name }) => name ?? []);
  }

  #types(Filters: { Name: string; Values: string[] }[] | undefined): AsyncIterable<Ec2InstanceType> {
    return pages(async (token) => {
      const { InstanceTypes: items, NextToken: next } = await this.ec2.send(
        new DescribeInstanceTypesCommand({
          MaxResults: 100,
          ...(Filters === undefined ? {} : { Filters }),
          ...(token === undefined ? {} : { NextToken: token }),
        }),
      );
      return { items, next };
    });
  }

  async image(amiId: string): Promise<MachineImage | undefined> {
    try {
      const { Images } = await this.ec2.send(new DescribeImagesCommand({ ImageIds: [amiId] }));
      const [image] = Images ?? [];
      return image && toImage(amiId, image);
    } catch (error) {
      if (hasCode(error, 'InvalidAMIID.NotFound', 'InvalidAMIID.Unavailable', 'InvalidAMIID.Malformed'))
        return undefined;
      throw error;
    }
  }

  async hasPlacementGroup(name: string): Promise<boolean> {
    const filters = [
      { Name: 'group-name', Values: [name] },
      { Name: 'state', Values: ['available'] },
    ];
    const { PlacementGroups } = await this.ec2.send(new DescribePlacementGroupsCommand({ Filters: filters }));
    return (PlacementGroups ?? []).length > 0;
  }

  async imageByParameter(parameterName: string): Promise<MachineImage | undefined> {
    try {
      const { Parameter } = await this.ssm.send(new GetParameterCommand({ Name: parameterName }));
      return Parameter?.Value === undefined ? undefined : await this.image(Parameter.Value);
    } catch (error) {
      if (hasCode(error, 'ParameterNotFound')) return undefined;
      throw error;
    }
  }
}

function toInfo(type: Ec2InstanceType, name: _InstanceType): InstanceTypeInfo {
  const architectures = (type.ProcessorInfo?.SupportedArchitectures ?? []).flatMap((each) => {
    const known = architectureSchema.safeParse(each);
    return known.success ? [known.data] : [];
  });
  return {
    instanceType: name,
    architectures,
    vcpus: type.VCpuInfo?.DefaultVCpus ?? 0,
    memoryMiB: type.MemoryInfo?.SizeInMiB ?? 0,
    gpus: (type.GpuInfo?.Gpus ?? []).reduce((sum, { Count }) => sum + (Count ?? 0), 0),
    isSpotOffered: (type.SupportedUsageClasses ?? []).includes('spot'),
  };
}

function toImage(amiId: string, image: Image): MachineImage | undefined {
  const architecture = architectureSchema.safeParse(image.Architecture);
  const { RootDeviceName: rootDeviceName } = image;
  if (!architecture.success || rootDeviceName === undefined) return undefined;
  const root = image.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === rootDeviceName);
  return {
    amiId,
    architecture: architecture.data,
    rootDeviceName,
    rootSizeGiB: root?.Ebs?.VolumeSize ?? 0,
    isAvailable: image.State === 'available',
  };
}
