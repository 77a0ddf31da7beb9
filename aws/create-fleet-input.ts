/** The CreateFleet call of a recorded launch request: the same request gives the same call, byte for byte. */
import type { _InstanceType, CreateFleetCommandInput, Tag } from '@aws-sdk/client-ec2';
import type { LaunchPool, LaunchRequest } from '../core/session/session';

export function createFleetInput(request: LaunchRequest, launchTemplateId: string): CreateFleetCommandInput {
  const tags: Tag[] = Object.entries(request.tags).map(([Key, Value]) => ({ Key, Value }));
  const isSpot = request.market === 'spot';
  const gang = gangOptions(request.nodes);
  return {
    Type: 'instant',
    ClientToken: request.clientToken,
    LaunchTemplateConfigs: [
      {
        LaunchTemplateSpecification: { LaunchTemplateId: launchTemplateId, Version: '$Latest' },
        Overrides: request.pools.map((pool) => override(pool, request.placementGroup)),
      },
    ],
    TargetCapacitySpecification: {
      TotalTargetCapacity: request.nodes,
      DefaultTargetCapacityType: request.market,
    },
    ...(isSpot
      ? { SpotOptions: { AllocationStrategy: 'price-capacity-optimized', ...gang } }
      : { OnDemandOptions: { AllocationStrategy: 'lowest-price', ...gang } }),
    TagSpecifications: (['instance', 'volume', 'fleet'] as const).map((ResourceType) => ({
      ResourceType,
      Tags: tags,
    })),
  };
}

/** All nodes or none, near each other: one type (ranks must be equals) in one zone (traffic between zones costs). */
function gangOptions(nodes: number) {
  return nodes > 1 ? { SingleInstanceType: true, SingleAvailabilityZone: true, MinTargetCapacity: nodes } : {};
}

function override(pool: LaunchPool, placementGroup: string | undefined) {
  return {
    InstanceType: pool.instanceType as _InstanceType,
    SubnetId: pool.subnetId,
    ImageId: pool.amiId,
    ...(placementGroup === undefined ? {} : { Placement: { GroupName: placementGroup } }),
    BlockDeviceMappings: [
      {
        DeviceName: pool.rootDeviceName,
        Ebs: {
          VolumeSize: pool.volumeGiB,
          VolumeType: 'gp3' as const,
          Encrypted: true,
          DeleteOnTermination: true,
        },
      },
    ],
  };
}
