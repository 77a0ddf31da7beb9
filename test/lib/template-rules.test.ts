/** The template, held against CloudFormation's own specification: what would only show when somebody deploys. */

import { templateProblems } from './support/cloudformation-rules';
import { type CfnResourceJson, synthesize } from './support/synthesize';

/** Every setting that changes what is in it. */
const EVERYTHING = {
  alertEmail: 'ana@example.com',
  slackWebhookParameter: '/alerts/slack',
  vpcId: 'vpc-0123456789abcdef0',
  subnetIds: ['subnet-0123456789abcdef0'],
  dataBuckets: ['data/flowers/'],
  resultPrefixes: ['shared/results/'],
  tagDefaults: { Team: 'nlp' },
  budgets: { owner: { '*': 100 } },
  tracing: true,
};

const plain = synthesize().toJSON() as { Resources: Record<string, CfnResourceJson> };

/** The first resource of a type, with its properties changed. */
function broken(type: string, change: Record<string, unknown>): unknown {
  const [found] = Object.entries(plain.Resources).filter(([, { Type }]) => Type === type);
  if (found === undefined) throw new Error(`no ${type}`);
  const [id, resource] = found;
  const changed = { ...resource, Properties: { ...resource.Properties, ...change } };
  return { ...plain, Resources: { ...plain.Resources, [id]: changed } };
}

describe('CloudFormation', () => {
  it('knows every type, property and attribute of the template, as it is and with every setting', () => {
    expect(templateProblems(plain)).toEqual([]);
    expect(templateProblems(synthesize(EVERYTHING).toJSON())).toEqual([]);
  });

  it.each([
    ['AWS::Lambda::Function', { MemorySze: 512 }, 'has no property MemorySze'],
    ['AWS::Lambda::Function', { Role: undefined }, 'needs Role'],
    ['AWS::Lambda::Function', { Timeout: 'soon' }, '.Timeout is "soon", not of the type integer'],
    ['AWS::Lambda::Function', { Environment: { Variables: ['A'] } }, '.Environment.Variables is no map'],
    ['AWS::Lambda::Function', { Code: { S3Buckt: 'b' } }, '.Code has no property S3Buckt'],
    ['AWS::S3::Bucket', { LifecycleConfiguration: { Rules: [{}] } }, '.LifecycleConfiguration.Rules.0 needs Status'],
    ['AWS::DynamoDB::Table', { AttributeDefinitions: { AttributeName: 'pk' } }, 'AttributeDefinitions is no list'],
    ['AWS::SNS::Topic', { TopicName: { Ref: 'Nobody' } }, 'refers to Nobody, which is not there'],
    ['AWS::Events::Rule', { RoleArn: { 'Fn::GetAtt': ['Nobody', 'Arn'] } }, 'refers to Nobody, which is not there'],
  ])('is told of a %s with %j', (type, change, expected) => {
    expect(templateProblems(broken(type, change)).join('\n')).toContain(expected);
  });

  it('is told of a type, a part, a dependency and an attribute that do not exist', () => {
    const Queue = { Type: 'AWS::SQS::Queue', DependsOn: ['Gone'], Propertys: {} };
    const Topic = { Type: 'AWS::SNS::Topik' };
    const Outputs = { Arn: { Value: { 'Fn::GetAtt': ['Queue', 'Aren'] } } };
    expect(templateProblems({ Resources: { Queue, Topic }, Outputs })).toEqual([
      'Queue has no part Propertys',
      'Queue depends on Gone, which is not there',
      'Topic is of the type AWS::SNS::Topik, which CloudFormation does not know',
      'Outputs.Arn.Value asks for Aren of Queue, which a AWS::SQS::Queue does not have',
    ]);
  });
});
