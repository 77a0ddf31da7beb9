/** CreatePlacementGroup, DeletePlacementGroup, DescribePlacementGroups. Instances of a group are no nearer to each other here. */
import type {
  CreatePlacementGroupRequest,
  DeletePlacementGroupRequest,
  DescribePlacementGroupsRequest,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../service';
import { resourceId } from './ids';
import type { Ec2Model, PlacementGroup } from './model';
import { allowOnly, applyFilters, checkDryRun } from './request';

export function createPlacementGroup(model: Ec2Model, input: CreatePlacementGroupRequest) {
  allowOnly(input, ['GroupName', 'Strategy', 'DryRun'], 'CreatePlacementGroup');
  checkDryRun(input);
  const { GroupName: groupName, Strategy: strategy = 'cluster' } = input;
  if (!groupName) throw new AwsError('MissingParameter', 'The request must contain the parameter groupName');
  if (model.placementGroups.has(groupName)) {
    throw new AwsError('InvalidPlacementGroup.Duplicate', `The Placement Group '${groupName}' already exists.`);
  }
  const group = { groupId: resourceId('pg', model.newId), groupName, strategy };
  model.placementGroups.set(groupName, group);
  return { PlacementGroup: describe(model, group) };
}

/** @throws AwsError InvalidPlacementGroup.InUse while instances are in it */
export function deletePlacementGroup(model: Ec2Model, input: DeletePlacementGroupRequest) {
  allowOnly(input, ['GroupName', 'DryRun'], 'DeletePlacementGroup');
  checkDryRun(input);
  const { groupName } = findPlacementGroup(model, input.GroupName ?? '');
  const isUsed = [...model.instances.values()].some(
    ({ spec, state }) => spec.placementGroup === groupName && state !== 'terminated',
  );
  if (isUsed) throw new AwsError('InvalidPlacementGroup.InUse', `The placement group '${groupName}' is in use.`);
  model.placementGroups.delete(groupName);
  return {};
}

export function describePlacementGroups(model: Ec2Model, input: DescribePlacementGroupsRequest) {
  allowOnly(input, ['GroupNames', 'Filters', 'DryRun'], 'DescribePlacementGroups');
  checkDryRun(input);
  const chosen = input.GroupNames?.length
    ? input.GroupNames.map((name) => findPlacementGroup(model, name))
    : [...model.placementGroups.values()];
  const found = applyFilters(chosen, input.Filters, {
    values: {
      'group-name': ({ groupName }) => groupName,
      strategy: ({ strategy }) => strategy,
      state: () => 'available',
    },
  });
  return { PlacementGroups: found.map((group) => describe(model, group)) };
}

/** @throws AwsError InvalidPlacementGroup.Unknown */
export function findPlacementGroup(model: Ec2Model, groupName: string): PlacementGroup {
  const group = model.placementGroups.get(groupName);
  if (!group) {
    throw new AwsError('InvalidPlacementGroup.Unknown', `The Placement Group '${groupName}' is unknown.`);
  }
  return group;
}

function describe(model: Ec2Model, { groupId, groupName, strategy }: PlacementGroup) {
  return {
    GroupId: groupId,
    GroupName: groupName,
    GroupArn: `arn:aws:ec2:${model.region}:${model.accountId}:placement-group/${groupName}`,
    Strategy: strategy,
    State: 'available',
    Tags: [],
  };
}
