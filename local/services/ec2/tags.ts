/** CreateTags, DeleteTags, DescribeTags. */
import type { CreateTagsRequest, DeleteTagsRequest, DescribeTagsRequest } from '@aws-sdk/client-ec2';
import { AwsError } from '../../service';
import { type Ec2Model, tagsOf } from './model';
import { allowOnly, applyFilters, checkDryRun, paginate } from './request';
import { checkMetadataTagKey, checkTagKey } from './tag-rules';

/** AWS's limit, its own `aws:` tags not counted. */
const MOST_TAGS = 50;

/** What a resource's id begins with, and what EC2 calls it. */
const KINDS: Record<string, { type: string; notFound: string }> = {
  i: { type: 'instance', notFound: 'InvalidInstanceID.NotFound' },
  vol: { type: 'volume', notFound: 'InvalidVolume.NotFound' },
  vpc: { type: 'vpc', notFound: 'InvalidVpcID.NotFound' },
  subnet: { type: 'subnet', notFound: 'InvalidSubnetID.NotFound' },
  sg: { type: 'security-group', notFound: 'InvalidGroup.NotFound' },
  lt: { type: 'launch-template', notFound: 'InvalidLaunchTemplateId.NotFound' },
  fleet: { type: 'fleet', notFound: 'InvalidFleetId.NotFound' },
};

const prefixOf = (resourceId: string) => resourceId.slice(0, resourceId.indexOf('-'));

/** @throws AwsError the kind's NotFound, or InvalidID for an id of no known kind */
function checkExists(model: Ec2Model, resourceId: string): void {
  const kind = KINDS[prefixOf(resourceId)];
  if (!kind) throw new AwsError('InvalidID', `The ID '${resourceId}' is not valid`);
  const { instances, volumes, vpcs, subnets, securityGroups, launchTemplates, tags } = model;
  const holders = [instances, volumes, vpcs, subnets, securityGroups, launchTemplates, tags];
  if (holders.some((holder) => holder.has(resourceId))) return;
  throw new AwsError(kind.notFound, `The ${kind.type} ID '${resourceId}' does not exist`);
}

export function createTags(model: Ec2Model, input: CreateTagsRequest) {
  allowOnly(input, ['Resources', 'Tags', 'DryRun'], 'CreateTags');
  checkDryRun(input);
  const added = (input.Tags ?? []).map(({ Key, Value }) => [checkTagKey(Key), Value ?? ''] as const);
  for (const resourceId of input.Resources ?? []) {
    checkExists(model, resourceId);
    if (model.instances.get(resourceId)?.spec.metadata.tagsEnabled) for (const [key] of added) checkMetadataTagKey(key);
    const keys = new Set([...tagsOf(model, resourceId).keys(), ...added.map(([key]) => key)]);
    if ([...keys].filter((key) => !key.startsWith('aws:')).length > MOST_TAGS) {
      throw new AwsError('TagLimitExceeded', `The maximum number of Tags for a resource has been reached.`);
    }
  }
  for (const resourceId of input.Resources ?? []) {
    for (const [key, value] of added) tagsOf(model, resourceId).set(key, value);
  }
  return {};
}

/** A tag with a value is deleted only when it has that value; without Tags, all but AWS's own go. */
export function deleteTags(model: Ec2Model, input: DeleteTagsRequest) {
  allowOnly(input, ['Resources', 'Tags', 'DryRun'], 'DeleteTags');
  checkDryRun(input);
  for (const resourceId of input.Resources ?? []) {
    checkExists(model, resourceId);
    const tags = tagsOf(model, resourceId);
    const doomed = input.Tags ?? [...tags.keys()].filter((key) => !key.startsWith('aws:')).map((Key) => ({ Key }));
    for (const { Key = '', Value } of doomed as { Key?: string; Value?: string }[]) {
      if (Value === undefined || tags.get(Key) === Value) tags.delete(Key);
    }
  }
  return {};
}

export function describeTags(model: Ec2Model, input: DescribeTagsRequest) {
  allowOnly(input, ['Filters', 'MaxResults', 'NextToken', 'DryRun'], 'DescribeTags');
  const all = [...model.tags].flatMap(([ResourceId, tags]) =>
    [...tags].map(([Key, Value]) => ({ ResourceId, ResourceType: KINDS[prefixOf(ResourceId)]?.type, Key, Value })),
  );
  const found = applyFilters(all, input.Filters, {
    values: {
      'resource-id': (tag) => tag.ResourceId,
      'resource-type': (tag) => tag.ResourceType,
      key: (tag) => tag.Key,
      value: (tag) => tag.Value,
    },
    tags: (tag) => new Map([[tag.Key, tag.Value]]),
  });
  const { items, NextToken } = paginate(found, input);
  return { Tags: items, NextToken };
}
