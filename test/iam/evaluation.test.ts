import { account, node, outcome, type Policy, user } from './support';

const BUCKET = 'arn:aws:s3:::b';
const allow = (more: object = {}) => ({ Effect: 'Allow', Action: 's3:PutObject', Resource: `${BUCKET}/*`, ...more });
const deny = (more: object = {}) => ({ ...allow(more), Effect: 'Deny' });

/** What becomes of a PutObject, with these keys. */
function put(policies: readonly Policy[], given: { key?: string; keys?: Record<string, string[]> } = {}): string {
  const { authorizer } = account(policies);
  const check = { action: 's3:PutObject', resource: `${BUCKET}/${given.key ?? 'k'}`, keys: given.keys ?? {} };
  return outcome(() => authorizer.guard(node, [check]));
}

const one = (...statements: object[]): Policy[] => [{ statements }];

describe('a decision', () => {
  it.each([
    ['is no without a statement', one(), 'AccessDenied'],
    ['is yes by a statement', one(allow()), 'allowed'],
    ['is no by a Deny, whatever allows', one(allow(), deny()), 'AccessDenied'],
    ['is no by a Deny of the resource', [...one(allow()), { statements: [deny({ Principal: '*' })], on: BUCKET }], 'AccessDenied'],
    ['is yes by the resource alone', [{ statements: [allow({ Principal: { AWS: 'arn:aws:iam::000000000000:role/Node' } })], on: BUCKET }], 'allowed'],
    ['needs the role’s own yes where the resource trusts the account', [{ statements: [allow({ Principal: { AWS: 'arn:aws:iam::000000000000:root' } })], on: BUCKET }], 'AccessDenied'],
    ['ignores another resource’s policy', [{ statements: [allow({ Principal: '*' })], on: 'arn:aws:s3:::other' }], 'AccessDenied'],
    ['ignores case in actions', one(allow({ Action: 'S3:putobject' })), 'allowed'],
    ['minds case in resources', one(allow({ Resource: `${BUCKET}/K` })), 'AccessDenied'],
    ['reads NotAction as all others', one(allow({ Action: undefined, NotAction: 's3:Get*' })), 'allowed'],
    ['reads NotAction as none of these', one(allow({ Action: undefined, NotAction: 's3:Put*' })), 'AccessDenied'],
    ['reads NotResource as all others', one(allow(), deny({ Resource: undefined, NotResource: `${BUCKET}/k` })), 'allowed'],
    ['reads NotResource as none of these', one(allow(), deny({ Resource: undefined, NotResource: `${BUCKET}/x` })), 'AccessDenied'],
    ['lets a wildcard stand for slashes', one(allow({ Resource: 'arn:aws:s3:::*' })), 'allowed'],
    ['lets ? stand for one character', one(allow({ Resource: `${BUCKET}/??` })), 'AccessDenied'],
    ['lets no wildcard reach beyond its part of an ARN', one(allow({ Resource: 'arn:*:b/k' })), 'LocalUnsupported'],
  ] as [string, Policy[], string][])('%s', (_title, policies, expected) => expect(put(policies)).toBe(expected));
});

describe('a policy variable', () => {
  const own = allow({ Resource: `${BUCKET}/status/\${aws:userid}.json` });
  it.each([
    ['is the caller’s', one(own), 'status/AROANODE:i-01.json', 'allowed'],
    ['is nobody else’s', one(own), 'status/AROANODE:i-02.json', 'AccessDenied'],
    ['is a text in the old version', [{ statements: [own], version: '2008-10-17' }], 'status/AROANODE:i-01.json', 'AccessDenied'],
    ['without a value matches nothing', one(allow({ Resource: `${BUCKET}/\${aws:username}*` })), 'k', 'AccessDenied'],
    ['may have a value to fall back on', one(allow({ Resource: `${BUCKET}/\${aws:username, 'k'}` })), 'k', 'allowed'],
    ['may be a wildcard’s own character', one(allow({ Resource: `${BUCKET}/\${*}` })), 'k', 'AccessDenied'],
    ['may be a wildcard’s own character, which matches itself', one(allow({ Resource: `${BUCKET}/\${*}` })), '*', 'allowed'],
  ] as [string, Policy[], string, string][])('%s', (_title, policies, key, expected) =>
    expect(put(policies, { key })).toBe(expected));

  it('has a value that is no pattern', () => {
    const { authorizer } = account(one(own));
    const check = { action: 's3:PutObject', resource: `${BUCKET}/status/AROANODE:i-01.json` };
    expect(outcome(() => authorizer.guard({ ...node, userId: 'AROANODE:*' }, [check]))).toBe('AccessDenied');
  });
});

describe('a condition', () => {
  const KEY = 's3:if-none-match';
  it.each([
    ['StringEquals', 'a', ['a'], true],
    ['StringEquals', ['x', 'a'], ['a'], true],
    ['StringEquals', '*', ['a'], false],
    ['StringEquals', 'a', undefined, false],
    ['StringEqualsIfExists', 'a', undefined, true],
    ['StringEqualsIfExists', 'a', ['b'], false],
    ['StringNotEquals', 'a', ['b'], true],
    ['StringNotEquals', ['a', 'b'], ['b'], false],
    ['StringNotEquals', 'a', undefined, true],
    ['StringEqualsIgnoreCase', 'A', ['a'], true],
    ['StringNotEqualsIgnoreCase', 'A', ['a'], false],
    ['StringLike', 'a*', ['abc'], true],
    ['StringLike', 'a?', ['abc'], false],
    ['StringNotLike', 'a*', ['abc'], false],
    ['StringLike', '${aws:userid}', ['AROANODE:i-01'], true],
    ['ArnLike', 'arn:aws:events:*:*:rule/x*', ['arn:aws:events:us-east-1:1:rule/xy'], true],
    ['ArnEquals', 'arn:aws:events:*:1:rule/x', ['arn:aws:events:us-east-1:1:rule/x'], true],
    ['ArnNotLike', 'arn:aws:events:*:*:rule/x*', ['arn:aws:events:us-east-1:1:rule/xy'], false],
    ['Null', 'false', ['a'], true],
    ['Null', 'false', undefined, false],
    ['Null', true, undefined, true],
    ['Bool', 'true', ['TRUE'], true],
    ['Bool', false, ['true'], false],
    ['BoolIfExists', 'true', undefined, true],
    ['NumericLessThan', '10', ['9'], true],
    ['NumericGreaterThanEquals', '10', ['9'], false],
    ['NumericNotEquals', 10, ['10'], false],
    ['DateGreaterThan', '2026-01-01T00:00:00Z', ['2026-01-02T00:00:00Z'], true],
    ['DateLessThan', '2026-01-01T00:00:00Z', ['1767312000'], false],
    ['IpAddress', '10.0.0.0/8', ['10.1.2.3'], true],
    ['NotIpAddress', '10.0.0.0/8', ['10.1.2.3'], false],
    ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'b'], true],
    ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'c'], false],
    ['ForAllValues:StringEquals', 'a', undefined, true],
    ['ForAnyValue:StringEquals', 'a', ['x', 'a'], true],
    ['ForAnyValue:StringEquals', 'a', ['x'], false],
    ['ForAnyValue:StringEquals', 'a', undefined, false],
    ['ForAnyValue:StringLike', 'a*', ['x', 'ab'], true],
    ['ForAllValues:StringNotLike', 'a*', ['x', 'ab'], false],
  ] as [string, unknown, string[] | undefined, boolean][])('%s %j of %j: %s', (operator, operand, values, holds) => {
    const policies = one(allow({ Condition: { [operator]: { [KEY]: operand } } }));
    const keys = values === undefined ? {} : { [KEY]: values };
    expect(put(policies, { keys })).toBe(holds ? 'allowed' : 'AccessDenied');
  });

  it('holds only with all others of its statement', () => {
    const both = allow({ Condition: { StringEquals: { 's3:if-match': 'a' }, Null: { [KEY]: 'false' } } });
    expect(put(one(both), { keys: { 's3:if-match': ['a'], [KEY]: ['*'] } })).toBe('allowed');
    expect(put(one(both), { keys: { 's3:if-match': ['a'] } })).toBe('AccessDenied');
  });

  it('bounds a Deny, too', () => {
    const policies = one(allow(), deny({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } }));
    expect(put(policies)).toBe('allowed');
  });
});

describe('what is not understood is refused, not ignored', () => {
  it.each([
    ['a condition key', allow({ Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }), 'aws:PrincipalOrgID'],
    ['a key of another action', allow({ Condition: { StringEquals: { 'aws:ResourceTag/a': 'b' } } }), 'aws:ResourceTag/a'],
    ['an operator', allow({ Condition: { StringMatches: { 's3:prefix': 'a' } } }), 'StringMatches'],
    ['a key of many values without a set operator', allow({ Action: 'ec2:CreateTags', Condition: { StringEquals: { 'aws:TagKeys': 'a' } } }), 'many values'],
    ['a variable', allow({ Resource: `${BUCKET}/\${aws:PrincipalTag/team}` }), 'aws:principaltag/team'],
    ['an element', allow({ NotPrincipal: '*' }), 'NotPrincipal'],
    ['a kind of principal', allow({ Principal: { Federated: 'x' } }), 'Federated'],
    ['both Action and NotAction', allow({ NotAction: 's3:*' }), 'NotAction'],
    ['a resource that is no ARN', allow({ Resource: 'bucket/*' }), 'bucket/*'],
  ])('%s', (_title, statement, named) => {
    const { authorizer } = account(one(statement));
    const ask = () => authorizer.guard(node, [{ action: 's3:PutObject', resource: `${BUCKET}/k` }]);
    expect(ask).toThrow(expect.objectContaining({ name: 'LocalUnsupported', message: expect.stringContaining(named) }));
  });

  it('AWS’s own policies, but those whose text is known', () => {
    const { authorizer, iam } = account([]);
    const log = { action: 'logs:CreateLogGroup', resource: 'arn:aws:logs:us-east-1:000000000000:log-group:g:log-stream:' };
    const attach = (name: string) => iam.roles.get('Node')?.managedPolicyArns.push(`arn:aws:iam::aws:policy/${name}`);
    attach('service-role/AWSLambdaBasicExecutionRole');
    expect(outcome(() => authorizer.guard(node, [log]))).toBe('allowed');
    attach('AdministratorAccess');
    expect(outcome(() => authorizer.guard(node, [log]))).toBe('LocalUnsupported');
  });
});

describe('a service on its own behalf', () => {
  const RULE = 'arn:aws:events:us-east-1:000000000000:rule/r';
  const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:f';
  const events = { ...user, service: { name: 'events.amazonaws.com', sourceArn: RULE } };
  const invoke = [{ action: 'lambda:InvokeFunction', resource: FUNCTION }];
  const permission = (principal: object, source: string): Policy => ({
    on: FUNCTION,
    statements: [
      {
        Effect: 'Allow',
        Principal: principal,
        Action: 'lambda:InvokeFunction',
        Resource: FUNCTION,
        Condition: { ArnLike: { 'AWS:SourceArn': source } },
      },
    ],
  });

  it.each([
    ['with the permission', [permission({ Service: 'events.amazonaws.com' }, RULE)], 'allowed'],
    ['without any', [], 'AccessDeniedException'],
    ['with another service’s', [permission({ Service: 'sns.amazonaws.com' }, RULE)], 'AccessDeniedException'],
    ['with another rule’s', [permission({ Service: 'events.amazonaws.com' }, `${RULE}2`)], 'AccessDeniedException'],
  ] as [string, Policy[], string][])('calls a function %s: %s', (_title, policies, expected) => {
    expect(outcome(() => account(policies).authorizer.guard(events, invoke))).toBe(expected);
  });
});

describe('the account’s own user', () => {
  it('may do everything that no resource’s policy denies', () => {
    const tlsOnly = deny({ Principal: '*', Action: 's3:*', Resource: [BUCKET, `${BUCKET}/*`], Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
    const { authorizer } = account([{ statements: [tlsOnly], on: BUCKET }]);
    const call = { caller: user, serviceId: 's3', operation: 'PutObject', input: { Bucket: 'b', Key: 'k' } };
    expect(outcome(() => authorizer.authorize(call))).toBe('allowed');
    expect(outcome(() => authorizer.authorize({ ...call, transport: { isSecure: false } }))).toBe('AccessDenied');
  });

  it('assumes a role only as its trust policy says', () => {
    const { authorizer, iam } = account([]);
    const call = { caller: user, serviceId: 'sts', operation: 'AssumeRole', input: { RoleArn: iam.roles.get('Node')?.arn } };
    expect(outcome(() => authorizer.authorize(call))).toBe('AccessDenied');
    const trust = { Version: '2012-10-17', Statement: { Effect: 'Allow', Principal: { AWS: '000000000000' }, Action: 'sts:AssumeRole' } };
    Object.assign(iam.roles.get('Node') ?? {}, { trust });
    expect(outcome(() => authorizer.authorize(call))).toBe('allowed');
  });
});
