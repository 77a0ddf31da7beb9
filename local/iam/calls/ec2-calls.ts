/**
 * Calls of EC2. Launches are checked in two steps, as on AWS: CreateFleet by its request, here; RunInstances, for the
 * caller or for its fleet, once launch template and overrides are merged (services/ec2/launch-checks.ts).
 */
import type { CreateFleetRequest, CreateTagsRequest, Tag, TagSpecification } from '@aws-sdk/client-ec2';
import type { Check } from '../check';
import { tagKeys } from '../condition-keys';
import { ANY, arnIn, one, sharedArn } from './arns';
import type { Account, CallChecks, ServiceCalls } from './service-calls';

const KINDS: Readonly<Record<string, string>> = {
  i: 'instance',
  vol: 'volume',
  vpc: 'vpc',
  subnet: 'subnet',
  sg: 'security-group',
  lt: 'launch-template',
  fleet: 'fleet',
};

/** EC2's resources have tags, and no keys. */
export type Ec2Account = Omit<Account, 'partitionKey'>;

const describing = (operation: string) => ({ [operation]: () => one(`ec2:${operation}`, ANY) });

/** A resource with its tags; one that does not exist has no check: the call itself says so. */
export function ec2Resource(
  action: string,
  resourceId: string,
  account: Ec2Account,
  keys: Check['keys'] = {},
): Check[] {
  const tags = account.tagsOf(resourceId);
  const kind = KINDS[resourceId.slice(0, resourceId.indexOf('-'))];
  if (!tags || !kind) return [];
  const own = tagKeys(['aws:resourcetag/', 'ec2:resourcetag/'], tags);
  return one(action, arnIn(account, 'ec2', `${kind}/${resourceId}`), { ...regionKey(account), ...own, ...keys });
}

/** Something of a kind that the call makes, with the tags that it gives to that kind. */
export function newResource(
  action: string,
  kind: string,
  account: Ec2Account,
  given: ReadonlyMap<string, string>,
): Check[] {
  const keys = { ...regionKey(account), ...requestTags(given) };
  return one(action, arnIn(account, 'ec2', `${kind}/*`), keys);
}

/** To tag in the call that makes something is a right of its own. */
export function taggingAtLaunch(
  kind: string,
  account: Ec2Account,
  given: ReadonlyMap<string, string>,
  call: string,
): Check[] {
  if (given.size === 0) return [];
  const keys = { ...regionKey(account), ...requestTags(given), 'ec2:createaction': [call] };
  return one('ec2:CreateTags', arnIn(account, 'ec2', `${kind}/*`), keys);
}

export const placementGroupCheck = (action: string, groupName: string, account: Ec2Account): Check[] =>
  one(action, arnIn(account, 'ec2', `placement-group/${groupName}`), regionKey(account));

const regionKey = ({ region }: Ec2Account) => ({ 'ec2:region': [region] });

function requestTags(given: ReadonlyMap<string, string>): NonNullable<Check['keys']> {
  if (given.size === 0) return {};
  return { ...tagKeys(['aws:requesttag/'], given), 'aws:tagkeys': [...given.keys()] };
}

const toMap = (tags: readonly Tag[] = []) => new Map(tags.map(({ Key = '', Value = '' }) => [Key, Value]));

function tagsByKind(specifications: readonly TagSpecification[] = []): Map<string, Map<string, string>> {
  return new Map(specifications.map(({ ResourceType = '', Tags }) => [ResourceType as string, toMap(Tags)]));
}

/** What the launch template says is left to RunInstances. */
function createFleet(input: CreateFleetRequest, account: Ec2Account): Check[] {
  const action = 'ec2:CreateFleet';
  const tags = tagsByKind(input.TagSpecifications);
  const kinds = [...new Set(['fleet', 'instance', ...tags.keys()])];
  const configs = input.LaunchTemplateConfigs ?? [];
  const overrides = configs.flatMap(({ Overrides }) => Overrides ?? []);
  const ids = [
    ...configs.map(({ LaunchTemplateSpecification: used }) => used?.LaunchTemplateId),
    ...overrides.map(({ SubnetId }) => SubnetId),
  ];
  const groups = new Set(overrides.flatMap(({ Placement }) => Placement?.GroupName ?? []));
  const images = new Set(overrides.flatMap(({ ImageId }) => ImageId ?? []));
  return [
    ...kinds.flatMap((kind) => newResource(action, kind, account, tags.get(kind) ?? new Map())),
    ...[...new Set(ids)].flatMap((id) => (id === undefined ? [] : ec2Resource(action, id, account))),
    ...[...images].flatMap((image) => one(action, sharedArn(account, 'ec2', `image/${image}`), regionKey(account))),
    ...[...groups].flatMap((group) => placementGroupCheck(action, group, account)),
    ...[...tags].flatMap(([kind, given]) => taggingAtLaunch(kind, account, given, 'CreateFleet')),
  ];
}

const tagging =
  (action: string): CallChecks =>
  ({ Resources, Tags }: CreateTagsRequest, account) =>
    (Resources ?? []).flatMap((id) => ec2Resource(action, id, account, requestTags(toMap(Tags))));

export const ec2Calls: ServiceCalls = {
  CreateFleet: createFleet,
  RunInstances: () => [],
  TerminateInstances: ({ InstanceIds = [] }: { InstanceIds?: string[] }, account) =>
    InstanceIds.flatMap((id) => ec2Resource('ec2:TerminateInstances', id, account)),
  CreateVolume: ({ TagSpecifications }: { TagSpecifications?: TagSpecification[] }, account) => {
    const given = tagsByKind(TagSpecifications).get('volume') ?? new Map<string, string>();
    return [
      ...newResource('ec2:CreateVolume', 'volume', account, given),
      ...taggingAtLaunch('volume', account, given, 'CreateVolume'),
    ];
  },
  DeleteVolume: ({ VolumeId = '' }: { VolumeId?: string }, account) =>
    ec2Resource('ec2:DeleteVolume', VolumeId, account),
  CreateTags: tagging('ec2:CreateTags'),
  DeleteTags: tagging('ec2:DeleteTags'),
  CreateLaunchTemplate: ({ TagSpecifications }: { TagSpecifications?: TagSpecification[] }, account) => {
    const given = tagsByKind(TagSpecifications).get('launch-template') ?? new Map<string, string>();
    return [
      ...newResource('ec2:CreateLaunchTemplate', 'launch-template', account, given),
      ...taggingAtLaunch('launch-template', account, given, 'CreateLaunchTemplate'),
    ];
  },
  CreateLaunchTemplateVersion: ({ LaunchTemplateId }: { LaunchTemplateId?: string }, account) =>
    LaunchTemplateId === undefined
      ? newResource('ec2:CreateLaunchTemplateVersion', 'launch-template', account, new Map())
      : ec2Resource('ec2:CreateLaunchTemplateVersion', LaunchTemplateId, account),
  ...describing('DescribeAvailabilityZones'),
  ...describing('DescribeImages'),
  ...describing('DescribeInstanceStatus'),
  ...describing('DescribeInstanceTypeOfferings'),
  ...describing('DescribeInstanceTypes'),
  ...describing('DescribeInstances'),
  ...describing('DescribeLaunchTemplateVersions'),
  ...describing('DescribeLaunchTemplates'),
  ...describing('DescribePlacementGroups'),
  ...describing('DescribeRegions'),
  ...describing('DescribeSecurityGroups'),
  ...describing('DescribeSpotPriceHistory'),
  ...describing('DescribeSubnets'),
  ...describing('DescribeTags'),
  ...describing('DescribeVolumes'),
  ...describing('DescribeVpcs'),
};
