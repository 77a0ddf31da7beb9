// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation writes its references so
import { creationOrder } from '../../local/template/creation-order';
import { evaluate, references, type Scope } from '../../local/template/intrinsics';

const CONDITIONS: Record<string, unknown> = { Yes: { 'Fn::Equals': ['a', 'a'] }, No: { 'Fn::Equals': ['a', 'b'] } };
const VALUES: Record<string, unknown> = {
  Name: 'job',
  Region: 'eu-west-1',
  List: ['a', 'b'],
  'AWS::Region': 'us-east-1',
};

const scope: Scope = {
  where: 'resource Thing',
  ref: (name) => (name === 'AWS::NoValue' ? undefined : VALUES[name]),
  getAtt: (logicalId, attribute) => `${logicalId}/${attribute}`,
  condition: (name) => evaluate(CONDITIONS[name], scope) === true,
  mapping: (map, first, second) => `${map}.${first}.${second}`,
  availabilityZones: (region) => [`${region}a`, `${region}b`],
};

describe('an expression of a template', () => {
  it.each<[string, unknown, unknown]>([
    ['a plain value', { Deep: [1, true, 'x', null] }, { Deep: [1, true, 'x', null] }],
    ['Ref', { Ref: 'Name' }, 'job'],
    ['Ref deep inside', { A: [{ B: { Ref: 'Name' } }] }, { A: [{ B: 'job' }] }],
    ['AWS::NoValue in an object', { A: 1, B: { Ref: 'AWS::NoValue' } }, { A: 1 }],
    ['AWS::NoValue in a list', ['a', { Ref: 'AWS::NoValue' }, 'b'], ['a', 'b']],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Table', 'Arn'] }, 'Table/Arn'],
    ['Fn::GetAtt as a text', { 'Fn::GetAtt': 'Nested.Outputs.X' }, 'Nested/Outputs.X'],
    ['Fn::Sub', { 'Fn::Sub': 'arn:${AWS::Region}:${Name}:${Table.Arn}' }, 'arn:us-east-1:job:Table/Arn'],
    ['Fn::Sub with a literal', { 'Fn::Sub': '${!aws:userid} of ${Name}' }, '${aws:userid} of job'],
    ['Fn::Sub with variables', { 'Fn::Sub': ['${X}-${Name}', { X: { Ref: 'Region' } }] }, 'eu-west-1-job'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Name' }, 3]] }, 'a-job-3'],
    ['Fn::Join of a list value', { 'Fn::Join': [',', { Ref: 'List' }] }, 'a,b'],
    ['Fn::Select', { 'Fn::Select': ['1', ['a', 'b']] }, 'b'],
    ['Fn::Select of Fn::Split', { 'Fn::Select': [2, { 'Fn::Split': [':', 'a:b:c'] }] }, 'c'],
    ['Fn::Select of Fn::GetAZs', { 'Fn::Select': [1, { 'Fn::GetAZs': '' }] }, 'us-east-1b'],
    ['Fn::GetAZs of a region', { 'Fn::GetAZs': { Ref: 'Region' } }, ['eu-west-1a', 'eu-west-1b']],
    ['Fn::If, true', { 'Fn::If': ['Yes', 'then', 'else'] }, 'then'],
    ['Fn::If, false, with no value', { A: { 'Fn::If': ['No', 1, { Ref: 'AWS::NoValue' }] } }, {}],
    ['Fn::And', { 'Fn::And': [{ Condition: 'Yes' }, { Condition: 'No' }] }, false],
    ['Fn::Or', { 'Fn::Or': [{ Condition: 'Yes' }, { Condition: 'No' }] }, true],
    ['Fn::Not', { 'Fn::Not': [{ Condition: 'No' }] }, true],
    ['Fn::Equals', { 'Fn::Equals': [{ Ref: 'Name' }, 'job'] }, true],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Amis', { Ref: 'Region' }, 'arm64'] }, 'Amis.eu-west-1.arm64'],
    [
      'Fn::Base64',
      { 'Fn::Base64': { 'Fn::Sub': '#!/bin/sh ${Name}' } },
      Buffer.from('#!/bin/sh job').toString('base64'),
    ],
    ['Fn::Cidr', { 'Fn::Cidr': ['10.0.0.0/16', 3, '8'] }, ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24']],
    ['two members, one named like a function', { Ref: 'Name', Other: 1 }, { Ref: 'Name', Other: 1 }],
  ])('%s', (_, expression, value) => {
    expect(evaluate(expression, scope)).toEqual(value);
  });

  it.each<[string, unknown, RegExp]>([
    ['an unknown function', { A: { 'Fn::Transform': {} } }, /resource Thing: .*support Fn::Transform/],
    ['a dynamic reference', { A: '{{resolve:ssm:/x}}' }, /resource Thing: .*resolve:ssm/],
    ['an index past the end', { 'Fn::Select': [2, ['a']] }, /no item 2 of 1/],
    ['a list where a text belongs', { 'Fn::Sub': '${List}' }, /a text is needed/],
    ['a text where a list belongs', { 'Fn::Join': ['-', 'abc'] }, /a list is needed/],
  ])('is refused for %s', (_, expression, message) => {
    expect(() => evaluate(expression, scope)).toThrow(message);
  });
});

describe('the order of creation', () => {
  it('follows every kind of reference, and DependsOn', () => {
    const resource = (Properties: Record<string, unknown>, DependsOn: string[] = []) => ({
      Type: 'T',
      Properties,
      DependsOn,
    });
    const order = creationOrder({
      ByIf: resource({ X: { 'Fn::If': ['C', 1, { Ref: 'BySub' }] } }),
      BySub: resource({ X: [{ 'Fn::Sub': ['${ByAtt.Arn} ${!No} ${V}', { V: { Ref: 'ByRef' } }] }] }),
      ByAtt: resource({ X: { 'Fn::GetAtt': ['Last', 'Arn'] } }),
      ByRef: resource({ X: { Ref: 'ByDepends' } }),
      ByDepends: resource({}, ['Last']),
      Last: resource({}),
    });
    expect(order).toEqual(['Last', 'ByAtt', 'ByDepends', 'ByRef', 'BySub', 'ByIf']);
  });

  it('names a circle', () => {
    const ring = (to: string) => ({ Type: 'T', Properties: { X: { Ref: to } }, DependsOn: [] });
    expect(() => creationOrder({ A: ring('B'), B: ring('A') })).toThrow('A → B → A');
  });

  it('does not take variables of a Fn::Sub for resources', () => {
    expect([...references({ 'Fn::Sub': '${A.Arn}/${!B}/${AWS::Region}' })]).toEqual(['A', 'AWS::Region']);
  });
});
