/**
 * What a launch needs of its caller, once launch template, overrides and call are one: RunInstances on everything that
 * it uses and makes, tagging, and the role that it hands to the instance. Fleets launch in their caller's name.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances
 */
import { arnIn, one, sharedArn } from '../../iam/calls/arns';
import {
  type Ec2Account,
  ec2Resource,
  newResource,
  placementGroupCheck,
  taggingAtLaunch,
} from '../../iam/calls/ec2-calls';
import type { Check } from '../../iam/check';
import { type Ec2Model, type LaunchSpec, tagsOf } from './model';

const ACTION = 'ec2:RunInstances';
/** Made by every launch; images all have their root on a volume. */
const ALWAYS_MADE = ['instance', 'network-interface', 'volume'];
/** A Spot request is asked about only when the launch tags it. */
const MADE_IF_TAGGED = 'spot-instances-request';

export function launchChecks(model: Ec2Model, spec: LaunchSpec): Check[] {
  const { accountId, region } = model;
  const account: Ec2Account = { accountId, region, tagsOf: (id) => tagsOf(model, id) };
  const tagsFor = (kind: string) => spec.tags.get(kind) ?? new Map<string, string>();
  const made = spec.tags.has(MADE_IF_TAGGED) ? [...ALWAYS_MADE, MADE_IF_TAGGED] : ALWAYS_MADE;
  const used = [spec.launchTemplate?.id, spec.subnet.subnetId, ...spec.securityGroupIds];
  const { keyName, placementGroup } = spec;
  return [
    ...one(ACTION, sharedArn(account, 'ec2', `image/${spec.image.imageId}`), { 'ec2:region': [account.region] }),
    ...used.flatMap((id) => (id === undefined ? [] : ec2Resource(ACTION, id, account))),
    ...(keyName === undefined ? [] : one(ACTION, arnIn(account, 'ec2', `key-pair/${keyName}`))),
    ...(placementGroup === undefined ? [] : placementGroupCheck(ACTION, placementGroup, account)),
    ...made.flatMap((kind) => newResource(ACTION, kind, account, tagsFor(kind))),
    ...made.flatMap((kind) => taggingAtLaunch(kind, account, tagsFor(kind), 'RunInstances')),
    ...passRole(model, spec),
  ];
}

function passRole({ access }: Ec2Model, { instanceProfileArn }: LaunchSpec): Check[] {
  if (instanceProfileArn === undefined) return [];
  return one('iam:PassRole', access.roleOfProfile(instanceProfileArn), {
    'iam:passedtoservice': ['ec2.amazonaws.com'],
  });
}
