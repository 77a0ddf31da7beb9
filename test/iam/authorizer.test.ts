import { account, node, outcome, type Policy, user } from './support';

const bucket = 'arn:aws:s3:::bucket';
const policies: Policy[] = [
  {
    statements: [
      { Effect: 'Allow', Action: ['s3:PutObject'], Resource: `${bucket}/status/\${aws:userid}.json` },
      { Effect: 'Allow', Action: 's3:GetObject', Resource: [`${bucket}/sessions/*`] },
      {
        Effect: 'Allow',
        Action: 's3:PutObject',
        Resource: `${bucket}/results/*`,
        Condition: { Null: { 's3:if-none-match': 'false' } },
      },
      {
        Effect: 'Allow',
        Action: 's3:PutObject',
        Resource: `${bucket}/results/*`,
        Condition: { Bool: { 's3:ObjectCreationOperation': 'false' } },
      },
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: bucket,
        Condition: { StringLike: { 's3:prefix': 'sessions/*' } },
      },
      {
        Effect: 'Allow',
        Action: 'logs:PutLogEvents',
        Resource: 'arn:aws:logs:us-east-1:000000000000:log-group:train:*',
      },
      {
        Effect: 'Allow',
        Action: 'dynamodb:Query',
        Resource: 'arn:aws:dynamodb:us-east-1:000000000000:table/t/index/open',
      },
      {
        Effect: 'Allow',
        Action: 'ssm:GetParameter',
        Resource: 'arn:aws:ssm:us-east-1:000000000000:parameter/runctl/*',
      },
      {
        Effect: 'Allow',
        Action: ['ec2:TerminateInstances', 'ec2:CreateTags'],
        Resource: '*',
        Condition: { StringEquals: { 'aws:ResourceTag/CreatedBy': 'runctl' } },
      },
      { Effect: 'Allow', Action: 'ssm:SendCommand', Resource: 'arn:aws:ssm:us-east-1:000000000000:document/start' },
      {
        Effect: 'Allow',
        Action: 'ssm:SendCommand',
        Resource: 'arn:aws:ec2:us-east-1:000000000000:instance/*',
        Condition: { StringEquals: { 'ssm:resourceTag/CreatedBy': 'runctl' } },
      },
      {
        Effect: 'Allow',
        Action: 'cloudwatch:PutMetricData',
        Resource: '*',
        Condition: { StringEquals: { 'cloudwatch:namespace': 'runctl' } },
      },
    ],
  },
];
const tags = { 'i-ours': { CreatedBy: 'runctl' }, 'i-theirs': { CreatedBy: 'them' }, 'vol-1': {} };

const may = (serviceId: string, operation: string, input: object) =>
  outcome(() => account(policies, tags).authorizer.authorize({ caller: node, serviceId, operation, input }));
const s3 = (operation: string, Key: string, more: object = {}) =>
  may('s3', operation, { Bucket: 'bucket', Key, ...more });

describe('a call', () => {
  it.each([
    ['PutObject of its own', s3('PutObject', 'status/AROANODE:i-01.json'), 'allowed'],
    ['PutObject of another’s', s3('PutObject', 'status/AROANODE:i-02.json'), 'AccessDenied'],
    ['parts of its own', s3('UploadPart', 'status/AROANODE:i-01.json'), 'allowed'],
    [
      'PutObject with tags needs a right to tag',
      s3('PutObject', 'status/AROANODE:i-01.json', { Tagging: 'a=b' }),
      'AccessDenied',
    ],
    ['HeadObject is GetObject', s3('HeadObject', 'sessions/a'), 'allowed'],
    ['a result is created', s3('PutObject', 'results/a', { IfNoneMatch: '*' }), 'allowed'],
    ['a result is not overwritten', s3('PutObject', 'results/a'), 'AccessDenied'],
    ['a result’s parts come without the condition', s3('UploadPart', 'results/a'), 'allowed'],
    ['a result’s parts are joined only with it', s3('CompleteMultipartUpload', 'results/a'), 'AccessDenied'],
    ['a list below a prefix', may('s3', 'ListObjectsV2', { Bucket: 'bucket', Prefix: 'sessions/a' }), 'allowed'],
    ['a list of the whole', may('s3', 'ListObjectsV2', { Bucket: 'bucket' }), 'AccessDenied'],
    ['log events', may('logs', 'PutLogEvents', { logGroupName: 'train', logStreamName: 's' }), 'allowed'],
    [
      'log events elsewhere',
      may('logs', 'PutLogEvents', { logGroupName: 'train2', logStreamName: 's' }),
      'AccessDeniedException',
    ],
    ['a query of an index', may('dynamodb', 'Query', { TableName: 't', IndexName: 'open' }), 'allowed'],
    ['a query of the table', may('dynamodb', 'Query', { TableName: 't' }), 'AccessDeniedException'],
    ['a parameter below the prefix', may('ssm', 'GetParameter', { Name: '/runctl/wandb' }), 'allowed'],
    [
      'one by its ARN',
      may('ssm', 'GetParameter', { Name: 'arn:aws:ssm:us-east-1:000000000000:parameter/other' }),
      'AccessDeniedException',
    ],
    ['a parameter elsewhere', may('ssm', 'GetParameter', { Name: '/runctl2/wandb' }), 'AccessDeniedException'],
    [
      'one of two instances that is another’s',
      may('ec2', 'TerminateInstances', { InstanceIds: ['i-ours', 'i-theirs'] }),
      'UnauthorizedOperation',
    ],
    ['instances with the tag', may('ec2', 'TerminateInstances', { InstanceIds: ['i-ours'] }), 'allowed'],
    [
      'tagging something without the tag',
      may('ec2', 'CreateTags', { Resources: ['vol-1'], Tags: [{ Key: 'CreatedBy', Value: 'runctl' }] }),
      'UnauthorizedOperation',
    ],
    [
      'the document on an instance of ours',
      may('ssm', 'SendCommand', { DocumentName: 'start', InstanceIds: ['i-ours'] }),
      'allowed',
    ],
    [
      'the document on another’s',
      may('ssm', 'SendCommand', { DocumentName: 'start', InstanceIds: ['i-theirs'] }),
      'AccessDeniedException',
    ],
    [
      'another document',
      may('ssm', 'SendCommand', { DocumentName: 'AWS-RunShellScript', InstanceIds: ['i-ours'] }),
      'AccessDeniedException',
    ],
    ['metrics of the namespace', may('monitoring', 'PutMetricData', { Namespace: 'runctl' }), 'allowed'],
    ['metrics of another', may('monitoring', 'PutMetricData', { Namespace: 'AWS/EC2' }), 'AccessDenied'],
    ['a task’s answer', may('states', 'SendTaskSuccess', { taskToken: 't' }), 'AccessDeniedException'],
    ['who am I', may('sts', 'GetCallerIdentity', {}), 'allowed'],
    ['a call of which nobody knows what it needs', may('ec2', 'StopInstances', {}), 'LocalUnsupported'],
  ])('%s: %s', (_title, found, expected) => expect(found).toBe(expected));

  it('of a role that the template does not know is denied; the account’s own user does everything', () => {
    const { authorizer } = account(policies, tags);
    const call = { serviceId: 'ec2', operation: 'TerminateInstances', input: { InstanceIds: ['i-theirs'] } };
    expect(outcome(() => authorizer.authorize({ ...call, caller: { ...node, roleName: 'Stranger' } }))).toBe(
      'UnauthorizedOperation',
    );
    expect(outcome(() => authorizer.authorize({ ...call, caller: user }))).toBe('allowed');
  });

  it.each([
    [
      's3',
      'PutObject',
      { Bucket: 'bucket', Key: 'x' },
      'AccessDenied',
      'User: arn:aws:sts::000000000000:assumed-role/Node/i-01 is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::bucket/x" because no identity-based policy allows the s3:PutObject action',
    ],
    [
      'ec2',
      'TerminateInstances',
      { InstanceIds: ['i-theirs'] },
      'UnauthorizedOperation',
      'You are not authorized to perform this operation. User: arn:aws:sts::000000000000:assumed-role/Node/i-01 is not authorized to perform: ec2:TerminateInstances on resource: arn:aws:ec2:us-east-1:000000000000:instance/i-theirs because no identity-based policy allows the ec2:TerminateInstances action',
    ],
    [
      'ssm',
      'GetParameter',
      { Name: '/a' },
      'AccessDeniedException',
      'User: arn:aws:sts::000000000000:assumed-role/Node/i-01 is not authorized to perform: ssm:GetParameter on resource: arn:aws:ssm:us-east-1:000000000000:parameter/a because no identity-based policy allows the ssm:GetParameter action',
    ],
  ])('of %s is denied in AWS’s words', (serviceId, operation, input, name, message) => {
    const ask = () => account(policies, tags).authorizer.authorize({ caller: node, serviceId, operation, input });
    expect(ask).toThrow(expect.objectContaining({ name, message }));
  });
});

describe('grants', () => {
  it('are listed by action and resource, with how often they were used', () => {
    const { authorizer } = account([
      {
        statements: [
          { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: [`${bucket}/a*`, `${bucket}/b`] },
        ],
      },
    ]);
    const read = (Key: string) =>
      authorizer.authorize({ caller: node, serviceId: 's3', operation: 'GetObject', input: { Bucket: 'bucket', Key } });
    read('a1');
    read('a2');
    expect(outcome(() => read('c'))).toBe('AccessDenied');
    expect(authorizer.grants()).toEqual([
      { role: 'NodeRole', action: 's3:GetObject', resource: `${bucket}/a*`, condition: '{}', uses: 2 },
      { role: 'NodeRole', action: 's3:GetObject', resource: `${bucket}/b`, condition: '{}', uses: 0 },
      { role: 'NodeRole', action: 's3:PutObject', resource: `${bucket}/a*`, condition: '{}', uses: 0 },
      { role: 'NodeRole', action: 's3:PutObject', resource: `${bucket}/b`, condition: '{}', uses: 0 },
    ]);
  });
});
