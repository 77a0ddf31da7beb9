import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { TrainingControlPlane } from '../../lib';
import { resourcesOf, synthesize } from './support/synthesize';

let template: Template;
beforeAll(() => {
  template = synthesize();
});

const typesIn = (given: Template) => Object.values(resourcesOf(given)).map(({ Type }) => Type);

describe('the stack', () => {
  it('has the outputs that users and scripts go by', () => {
    expect(Object.keys(template.toJSON()['Outputs']).sort()).toEqual(
      [
        'BucketName',
        'Budgets',
        'DocumentName',
        'ImageRepositories',
        'LaunchTemplateId',
        'LogGroupName',
        'ResultPlaces',
        'StateMachineArn',
        'TableName',
        'TopicArn',
      ].sort(),
    );
  });

  it('has no custom resource, no parameter and no rule: it deploys wherever CloudFormation runs', () => {
    expect(typesIn(template).filter((type) => /^Custom::|CustomResource/.test(type))).toEqual([]);
    const { Metadata: metadata, ...rest } = template.toJSON();
    expect(Object.keys(rest).sort()).toEqual(['Description', 'Outputs', 'Resources']);
    expect(Object.keys(metadata)).toEqual(['cfn-lint']);
  });

  it('has nothing that costs by size or by the hour while nothing trains (idle-bill.test.ts adds up the rest)', () => {
    template.allResourcesProperties('AWS::DynamoDB::Table', { BillingMode: 'PAY_PER_REQUEST' });
    template.allResourcesProperties('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' });
    template.allResourcesProperties('AWS::Lambda::Function', { ProvisionedConcurrencyConfig: Match.absent() });
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: Match.anyValue() });
  });
});

describe('the bucket', () => {
  it('is private, encrypted and refuses plain HTTP', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  it('sends its events to EventBridge', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    });
  });

  it('forgets unfinished uploads after 3 days and status objects after 90, and no checkpoint ever', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: {
        Rules: [
          Match.objectLike({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 } }),
          Match.objectLike({ Prefix: 'status/', ExpirationInDays: 90 }),
          Match.objectLike({ Prefix: 'final/', ExpirationInDays: 90 }),
        ],
      },
    });
  });

  it('stays when the stack goes, as the table does', () => {
    template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    template.hasResource('AWS::DynamoDB::Table', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });
});

it('keeps records in a table that is paid by request, can be restored, and lists open sessions and kept checkpoints', () => {
  template.hasResourceProperties('AWS::DynamoDB::Table', {
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'open-sessions',
        KeySchema: [
          { AttributeName: 'openShard', KeyType: 'HASH' },
          { AttributeName: 'pk', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
      {
        IndexName: 'kept-sessions',
        KeySchema: [
          { AttributeName: 'retentionShard', KeyType: 'HASH' },
          { AttributeName: 'retentionDueAt', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    TimeToLiveSpecification: { AttributeName: 'expiresAtEpochSeconds', Enabled: true },
  });
});

describe('training instances', () => {
  it('have metadata by token only, one hop, with tags, and end when they shut down', () => {
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: {
        MetadataOptions: {
          HttpEndpoint: 'enabled',
          HttpTokens: 'required',
          HttpPutResponseHopLimit: 1,
          InstanceMetadataTags: 'enabled',
        },
        InstanceInitiatedShutdownBehavior: 'terminate',
        NetworkInterfaces: [Match.objectLike({ AssociatePublicIpAddress: true, DeleteOnTermination: true })],
        // The root device differs by image: a mapping here would attach a second disk.
        BlockDeviceMappings: Match.absent(),
        KeyName: Match.absent(),
      },
    });
  });

  it('let nothing in but each other', () => {
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: Match.absent() });
    const ingress = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress'));
    expect(ingress).toHaveLength(1);
    const [{ Properties: properties }] = ingress as [{ Properties: Record<string, unknown> }];
    expect(properties['SourceSecurityGroupId']).toEqual(properties['GroupId']);
    expect(properties).not.toHaveProperty('CidrIp');
  });
});

describe('the network', () => {
  it('is a VPC with a public subnet in each of three zones and S3 by gateway endpoint', () => {
    template.resourceCountIs('AWS::EC2::Subnet', 3);
    template.allResourcesProperties('AWS::EC2::Subnet', {
      AvailabilityZone: { 'Fn::Select': [Match.anyValue(), { 'Fn::GetAZs': '' }] },
      MapPublicIpOnLaunch: true,
    });
    template.hasResourceProperties('AWS::EC2::VPCEndpoint', {
      ServiceName: { 'Fn::Join': ['', ['com.amazonaws.', { Ref: 'AWS::Region' }, '.s3']] },
    });
  });

  it('has as many zones as the context says', () => {
    synthesize({ zones: '2' }).resourceCountIs('AWS::EC2::Subnet', 2);
  });

  it('is imported by its ids, without any look-up', () => {
    const imported = synthesize({
      vpcId: 'vpc-0123456789abcdef0',
      subnetIds: 'subnet-0123456789abcdef0, subnet-0123456789abcdef1',
      availabilityZones: 'eu-west-1a,eu-west-1b',
      assignPublicIp: 'false',
    });
    imported.resourceCountIs('AWS::EC2::VPC', 0);
    imported.hasResourceProperties('AWS::EC2::SecurityGroup', { VpcId: 'vpc-0123456789abcdef0' });
    imported.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: { NetworkInterfaces: [Match.objectLike({ AssociatePublicIpAddress: false })] },
    });
    imported.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({ SUBNET_IDS: 'subnet-0123456789abcdef0,subnet-0123456789abcdef1' }),
      },
    });
  });
});

it('keeps its queue encrypted, and refuses plain HTTP to queue and topic', () => {
  template.hasResourceProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
  for (const type of ['AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy']) {
    template.hasResourceProperties(type, {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  }
});

it('goes into a stack of somebody else’s as one construct', () => {
  const stack = new Stack(new App(), 'Theirs');
  const { stateMachine } = new TrainingControlPlane(stack, 'Training', { zones: 1 });
  expect(stack.resolve(stateMachine.stateMachineArn)).toHaveProperty('Ref');
  Template.fromStack(stack).resourceCountIs('AWS::EC2::Subnet', 1);
});
