// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation writes its references so
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { EventInvokeConfig, LambdaFunction } from '../../local/services/lambda/lambda-function';
import { loadAssembly } from '../../local/template/assembly';
import { createIamRegistry } from '../../local/template/iam-registry';
import { loadTemplate } from '../../local/template/load-template';
import type { TemplateServices } from '../../local/template/resource-type';
import { RESOURCE_TYPES } from '../../local/template/resource-types';
import { templateSchema } from '../../local/template/template';

const ACCOUNT_ID = '000000000000';
const REGION = 'us-east-1';
const ASSETS = `cdk-hnb659fds-assets-${ACCOUNT_ID}-${REGION}`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-template-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Services that write down what they are asked for. */
function recorder() {
  const calls: { call: string; input: unknown }[] = [];
  const functions: LambdaFunction[] = [];
  const configs: Record<string, Partial<EventInvokeConfig>> = {};
  const objects = new Map<string, Uint8Array>();
  const note = (call: string, input: unknown) => void calls.push({ call, input });
  const answers: Record<string, object> = {
    'ec2:CreateLaunchTemplate': {
      LaunchTemplate: { LaunchTemplateId: 'lt-1', DefaultVersionNumber: 1, LatestVersionNumber: 1 },
    },
    'sns:Subscribe': { SubscriptionArn: 'arn:sub' },
    'sqs:CreateQueue': { QueueUrl: 'http://queue' },
    'ssm:GetParameter': { Parameter: { Value: 'ami-123' } },
  };
  const services: TemplateServices = {
    dispatch: async (serviceId, operation, input) => {
      note(`${serviceId}:${operation}`, input);
      return answers[`${serviceId}:${operation}`] ?? {};
    },
    lambda: {
      createFunction: (definition) => void functions.push(definition),
      setEventInvokeConfig: (name, config) => {
        configs[name] = config;
      },
    },
    s3: {
      createBucket: (name, options) => note('createBucket', { name, ...options }),
      putObject: async (bucket, key, bytes) => void objects.set(`${bucket}/${key}`, bytes),
    },
    dynamodb: { createTable: async (input) => note('createTable', input) },
    ec2: {
      zones: ['us-east-1a', 'us-east-1b'],
      createVpc: () => ({ vpcId: 'vpc-1' }),
      createSubnet: (given) => ({ subnetId: `subnet-${given.availabilityZone}` }),
      createSecurityGroup: () => ({ groupId: 'sg-1' }),
    },
    iam: createIamRegistry(),
    roleId: (roleName) => `AROA-${roleName}`,
  };
  return { services, calls, functions, configs, objects };
}

const TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
};

async function load(template: object, assets: Parameters<typeof loadTemplate>[0]['assets'] = []) {
  const recorded = recorder();
  const caller = { accessKeyId: 'x', accountId: ACCOUNT_ID, arn: 'arn:root', userId: ACCOUNT_ID };
  const stack = await loadTemplate(
    { stackName: 'Test', template: templateSchema.parse(template), assets },
    {
      services: recorded.services,
      call: { caller, accountId: ACCOUNT_ID, region: REGION, requestId: 'r' },
      scratchDir: folder,
    },
  );
  return { ...recorded, ...stack };
}

describe('loading a template', () => {
  it('creates a function from its asset, with environment, role and log group resolved', async () => {
    const { functions, outputs, configs } = await load(
      {
        Resources: {
          Fn: {
            Type: 'AWS::Lambda::Function',
            Properties: {
              Code: {
                S3Bucket: { 'Fn::Sub': 'cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}' },
                S3Key: 'abc.zip',
              },
              Handler: 'index.handler',
              Runtime: 'nodejs24.x',
              Timeout: 60,
              Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
              Environment: { Variables: { TABLE: { Ref: 'Table' } } },
              LoggingConfig: { LogGroup: { Ref: 'Logs' } },
            },
          },
          Config: {
            Type: 'AWS::Lambda::EventInvokeConfig',
            Properties: { FunctionName: { Ref: 'Fn' }, Qualifier: '$LATEST', MaximumRetryAttempts: 0 },
          },
          Logs: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/runctl/fn', RetentionInDays: 30 } },
          Table: {
            Type: 'AWS::DynamoDB::Table',
            Properties: {
              AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
              KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
            },
          },
          Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: TRUST } },
        },
        Outputs: { FnArn: { Value: { 'Fn::GetAtt': ['Fn', 'Arn'] } }, TableName: { Value: { Ref: 'Table' } } },
      },
      [
        {
          path: '/assembly/asset.abc',
          packaging: 'zip',
          bucketName: 'cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}',
          objectKey: 'abc.zip',
        },
      ],
    );
    expect(functions).toMatchObject([
      {
        name: expect.stringMatching(/^Test-Fn-[0-9A-F]{12}$/),
        codeDir: '/assembly/asset.abc',
        roleName: expect.stringMatching(/^Test-Role-/),
        timeoutSeconds: 60,
        memoryMiB: 128,
        environment: { TABLE: outputs['TableName'] },
        logGroupName: '/runctl/fn',
      },
    ]);
    expect(outputs['FnArn']).toBe(functions[0]?.arn);
    expect(configs[functions[0]?.name ?? '']).toEqual({ maximumRetryAttempts: 0 });
  });

  it('writes inline code into a file', async () => {
    const { functions } = await load({
      Resources: {
        Fn: {
          Type: 'AWS::Lambda::Function',
          Properties: {
            Code: { ZipFile: 'exports.handler = 1' },
            Handler: 'index.handler',
            Runtime: 'nodejs24.x',
            Role: 'r',
          },
        },
      },
    });
    expect(require(join(functions[0]?.codeDir ?? '', 'index.js'))).toEqual({ handler: 1 });
  });

  it('substitutes into a state machine that is an asset', async () => {
    const file = join(folder, 'machine.json');
    writeFileSync(file, '{"Resource":"${PlanJob}","Text":"${other}"}');
    const { calls } = await load(
      {
        Resources: {
          Machine: {
            Type: 'AWS::StepFunctions::StateMachine',
            Properties: {
              RoleArn: 'arn:role',
              DefinitionS3Location: { Bucket: ASSETS, Key: 'machine.json' },
              DefinitionSubstitutions: { PlanJob: 'arn:plan' },
            },
          },
        },
      },
      [{ path: file, packaging: 'file', bucketName: ASSETS, objectKey: 'machine.json' }],
    );
    expect(calls).toContainEqual({
      call: 'states:CreateStateMachine',
      input: expect.objectContaining({ definition: '{"Resource":"arn:plan","Text":"${other}"}' }),
    });
  });

  it('keeps policies by role', async () => {
    const document = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: { 'Fn::Sub': 'arn:aws:s3:::b/${!aws:userid}/*' } }],
    };
    const { services } = await load({
      Resources: {
        Role: {
          Type: 'AWS::IAM::Role',
          Properties: { RoleName: 'node', AssumeRolePolicyDocument: TRUST, ManagedPolicyArns: ['arn:aws:x'] },
        },
        Inline: {
          Type: 'AWS::IAM::Policy',
          Properties: { PolicyName: 'p', PolicyDocument: document, Roles: [{ Ref: 'Role' }] },
        },
        Profile: { Type: 'AWS::IAM::InstanceProfile', Properties: { Roles: [{ Ref: 'Role' }] } },
      },
    });
    const resolved = {
      ...document,
      Statement: [{ ...document.Statement[0], Resource: 'arn:aws:s3:::b/${aws:userid}/*' }],
    };
    expect(services.iam.roles.get('node')).toMatchObject({
      arn: `arn:aws:iam::${ACCOUNT_ID}:role/node`,
      trust: TRUST,
      policies: [{ name: 'p', document: resolved }],
      managedPolicyArns: ['arn:aws:x'],
    });
    expect([...services.iam.instanceProfiles.values()]).toMatchObject([{ roleName: 'node' }]);
  });

  it('makes rules, topics, queues, buckets, networks, documents and launch templates', async () => {
    const { calls, inert, resources } = await load({
      Resources: {
        Rule: {
          Type: 'AWS::Events::Rule',
          Properties: {
            ScheduleExpression: 'rate(1 minute)',
            Targets: [{ Id: 'T', Arn: { Ref: 'Topic' }, Input: '{}' }],
          },
        },
        Pattern: { Type: 'AWS::Events::Rule', Properties: { Name: 'p', EventPattern: { source: ['aws.s3'] } } },
        Topic: { Type: 'AWS::SNS::Topic' },
        Mail: {
          Type: 'AWS::SNS::Subscription',
          Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'email', Endpoint: 'a@b.c' },
        },
        Dead: { Type: 'AWS::SQS::Queue', Properties: { MessageRetentionPeriod: 1209600 } },
        Bucket: {
          Type: 'AWS::S3::Bucket',
          Properties: { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } } },
        },
        Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16', Tags: [{ Key: 'Name', Value: 'v' }] } },
        Subnet: {
          Type: 'AWS::EC2::Subnet',
          Properties: {
            VpcId: { Ref: 'Vpc' },
            CidrBlock: '10.0.0.0/24',
            AvailabilityZone: { 'Fn::Select': [1, { 'Fn::GetAZs': '' }] },
          },
        },
        Gateway: { Type: 'AWS::EC2::InternetGateway' },
        Template: { Type: 'AWS::EC2::LaunchTemplate', Properties: { LaunchTemplateData: { UserData: 'eA==' } } },
        Document: {
          Type: 'AWS::SSM::Document',
          Properties: { Name: 'start', Content: { schemaVersion: '2.2' }, DocumentType: 'Command' },
        },
      },
    });
    const names = calls.map(({ call }) => call);
    expect(names).toEqual([
      'sns:CreateTopic',
      'events:PutRule',
      'events:PutTargets',
      'events:PutRule',
      'sns:Subscribe',
      'sqs:CreateQueue',
      'createBucket',
      'ec2:CreateLaunchTemplate',
      'ssm:CreateDocument',
    ]);
    expect(calls[2]?.input).toMatchObject({ Targets: [{ Arn: expect.stringMatching(/^arn:aws:sns:.*Test-Topic-/) }] });
    expect(calls[3]?.input).toEqual({ Name: 'p', EventPattern: '{"source":["aws.s3"]}', State: 'ENABLED' });
    expect(calls[5]?.input).toMatchObject({ Attributes: { MessageRetentionPeriod: '1209600' } });
    expect(calls[6]?.input).toMatchObject({
      eventBridge: true,
      name: expect.stringMatching(/^test-bucket-[0-9a-f]{12}$/),
    });
    expect(calls[8]?.input).toMatchObject({ Name: 'start', Content: '{"schemaVersion":"2.2"}' });
    expect(resources.get('Subnet')?.ref).toBe('subnet-us-east-1b');
    expect(inert).toEqual(['Gateway']);
  });

  it('leaves out what a condition excludes, and resolves parameters', async () => {
    const { outputs, calls } = await load({
      Parameters: {
        BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/hnb659fds/version' },
        Ami: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/aws/ami' },
        Mail: { Type: 'String', Default: '' },
      },
      Conditions: { HasMail: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'Mail' }, ''] }] } },
      Resources: { Topic: { Type: 'AWS::SNS::Topic', Condition: 'HasMail' } },
      Outputs: { Ami: { Value: { Ref: 'Ami' } }, Topic: { Value: { Ref: 'Topic' }, Condition: 'HasMail' } },
    });
    expect(outputs).toEqual({ Ami: 'ami-123' });
    expect(calls).toEqual([{ call: 'ssm:GetParameter', input: { Name: '/aws/ami' } }]);
  });

  it('puts the assets into S3 that running code fetches, folders as zip files', async () => {
    const bundle = join(folder, 'bundle');
    mkdirSync(join(bundle, 'sub'), { recursive: true });
    writeFileSync(join(bundle, 'sub', 'agent.js'), 'run()');
    const asset = (objectKey: string) => ({ path: bundle, packaging: 'zip' as const, bucketName: ASSETS, objectKey });
    const { objects } = await load(
      {
        Resources: {
          Doc: {
            Type: 'AWS::SSM::Parameter',
            Properties: { Type: 'String', Value: { 'Fn::Sub': `s3://${ASSETS}/used.zip` } },
          },
        },
      },
      [asset('used.zip'), asset('unused.zip')],
    );
    expect([...objects.keys()]).toEqual([`${ASSETS}/used.zip`]);
    const unpacked = unzipSync(objects.get(`${ASSETS}/used.zip`) ?? new Uint8Array());
    expect(Buffer.from(unpacked['sub/agent.js'] ?? []).toString()).toBe('run()');
  });

  it.each<[string, object, RegExp]>([
    ['an unknown type', { Type: 'AWS::Glue::Job' }, /resource X \(AWS::Glue::Job\): .*support the type AWS::Glue::Job/],
    [
      'an unknown property',
      { Type: 'AWS::SNS::Topic', Properties: { FifoTopic: true } },
      /resource X \(AWS::SNS::Topic\): .*property FifoTopic/,
    ],
    [
      'an unknown nested property',
      { Type: 'AWS::S3::Bucket', Properties: { NotificationConfiguration: { QueueConfigurations: [] } } },
      /property NotificationConfiguration.QueueConfigurations/,
    ],
    ['a missing property', { Type: 'AWS::EC2::VPC', Properties: {} }, /property CidrBlock/],
    [
      'an unknown attribute',
      { Type: 'AWS::SNS::Topic', Properties: { DisplayName: { 'Fn::GetAtt': ['B', 'Nope'] } } },
      /attribute Nope of B/,
    ],
    [
      'an unknown name',
      { Type: 'AWS::SNS::Topic', Properties: { DisplayName: { Ref: 'Nobody' } } },
      /resource X .*Nobody/,
    ],
    [
      'a Python function',
      {
        Type: 'AWS::Lambda::Function',
        Properties: { Code: { ZipFile: '' }, Handler: 'h', Runtime: 'python3.12', Role: 'r' },
      },
      /only Node\.js/,
    ],
    [
      'an asset that is not there',
      {
        Type: 'AWS::Lambda::Function',
        Properties: { Code: { S3Bucket: 'b', S3Key: 'k' }, Handler: 'h', Runtime: 'nodejs24.x', Role: 'r' },
      },
      /no asset b\/k/,
    ],
  ])('fails loudly for %s', async (_, resource, message) => {
    await expect(load({ Resources: { B: { Type: 'AWS::S3::Bucket' }, X: resource } })).rejects.toThrow(message);
  });
});

describe('the list of what is supported', () => {
  it('names every resource type', () => {
    const page = readFileSync(join(__dirname, '../../local/SUPPORT.md'), 'utf8');
    const named = page.match(/\b(AWS|Custom)::\w+(::\w+)?/g) ?? [];
    expect([...named].sort()).toEqual(Object.keys(RESOURCE_TYPES).sort());
  });
});

describe('reading an assembly', () => {
  it('says what to do when there is none', () => {
    expect(() => loadAssembly(folder)).toThrow(/no cloud assembly there; run `npm run synth` first/);
  });
});
