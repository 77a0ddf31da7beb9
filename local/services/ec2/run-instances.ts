/** RunInstances: one pool, all instances or at least MinCount, or an error. */
import type { RunInstancesRequest } from '@aws-sdk/client-ec2';
import { AwsError, type Caller, LocalUnsupported } from '../../service';
import type { ServiceLinkedRoles } from './access';
import type { Capacity } from './capacity';
import { describeReservation } from './describe-instances';
import { resourceId } from './ids';
import { launchChecks } from './launch-checks';
import { type LaunchWishes, mergeWishes, toLaunchSpec } from './launch-spec';
import { findTemplate, findVersion } from './launch-templates';
import type { Lifecycle } from './lifecycle';
import type { Ec2Model, LaunchSpec } from './model';
import { allowOnly, checkDryRun, type IdempotentRequests } from './request';

const MEMBERS = [
  'ImageId',
  'InstanceType',
  'MinCount',
  'MaxCount',
  'ClientToken',
  'DryRun',
  'LaunchTemplate',
  'InstanceMarketOptions',
  'TagSpecifications',
  'UserData',
  'IamInstanceProfile',
  'MetadataOptions',
  'BlockDeviceMappings',
  'InstanceInitiatedShutdownBehavior',
  'SecurityGroupIds',
  'SubnetId',
  'NetworkInterfaces',
  'Placement',
  'KeyName',
  'Monitoring',
  'EbsOptimized',
  'CreditSpecification',
];

export interface Launching {
  model: Ec2Model;
  roles: ServiceLinkedRoles;
  caller: Caller;
  capacity: Capacity;
  lifecycle: Lifecycle;
  requests: IdempotentRequests;
}

export function runInstances(launching: Launching, input: RunInstancesRequest) {
  const { model, capacity, lifecycle, requests } = launching;
  allowOnly(input, MEMBERS, 'RunInstances');
  const spec = toRunSpec(model, input);
  authorizeLaunch(launching, spec);
  checkDryRun(input);
  const { ClientToken, ...request } = input;
  // With a subnet or zone in the request the token holds per zone (EC2 guide, "Ensuring idempotency").
  const isZonal = input.SubnetId !== undefined || input.Placement?.AvailabilityZone !== undefined;
  const key = ClientToken && `RunInstances:${isZonal ? spec.subnet.availabilityZone : ''}:${ClientToken}`;
  const { instances } = requests.answer(key, request, () => ({
    instances: capacity.inOneCall(() => {
      const count = countToLaunch(capacity, spec, input);
      const reservationId = resourceId('r', model.newId);
      return Array.from({ length: count }, (_, launchIndex) =>
        lifecycle.launch(spec, { reservationId, launchIndex, isDoomed: capacity.isDoomed(spec) }),
      );
    }),
  }));
  return describeReservation(model, instances);
}

/** @throws AwsError UnauthorizedOperation, AuthFailure.ServiceLinkedRoleCreationNotPermitted */
export function authorizeLaunch({ model, roles, caller }: Launching, spec: LaunchSpec): void {
  model.access.guard(caller, launchChecks(model, spec));
  if (spec.market === 'spot') roles.need('spot', caller);
}

function toRunSpec(model: Ec2Model, input: RunInstancesRequest): LaunchSpec {
  const template = input.LaunchTemplate ? findTemplate(model, input.LaunchTemplate) : undefined;
  const version = template ? findVersion(template, input.LaunchTemplate?.Version) : undefined;
  const wishes = mergeWishes(version?.LaunchTemplateData, input as LaunchWishes);
  const marketOptions = input.InstanceMarketOptions ?? version?.LaunchTemplateData?.InstanceMarketOptions;
  allowOnly(marketOptions, ['MarketType', 'SpotOptions'], 'InstanceMarketOptions');
  const spotOptions = marketOptions?.SpotOptions;
  if (spotOptions?.SpotInstanceType === 'persistent') {
    throw new LocalUnsupported('ec2', 'a persistent Spot request');
  }
  const maxPrice = spotOptions?.MaxPrice;
  return toLaunchSpec(model, wishes, {
    market: marketOptions?.MarketType === 'spot' ? 'spot' : 'on-demand',
    maxPriceUsd: maxPrice === undefined ? undefined : Number(maxPrice),
    clientToken: input.ClientToken,
    launchTemplate: template && { id: template.launchTemplateId, version: String(version?.VersionNumber) },
  });
}

/** @throws AwsError with the capacity's code when not even MinCount can be had */
function countToLaunch(capacity: Capacity, spec: LaunchSpec, input: RunInstancesRequest): number {
  const most = input.MaxCount ?? 1;
  const least = input.MinCount ?? most;
  for (let planned = 0; planned < most; planned += 1) {
    const failure = capacity.refuse(spec, Array(planned).fill(spec));
    if (failure && planned >= least) return planned;
    if (failure) {
      throw new AwsError(failure.code, failure.message, {
        statusCode: failure.code === 'InsufficientInstanceCapacity' ? 500 : 400,
      });
    }
  }
  return most;
}
