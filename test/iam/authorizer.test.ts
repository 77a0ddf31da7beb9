import { createAuthorizer } from '../../local/iam/authorizer';
import type { Caller } from '../../local/service';

const node: Caller = {
  accessKeyId: 'ASIA1',
  accountId: '000000000000',
  arn: 'arn:aws:sts::000000000000:assumed-role/NodeRole/i-01',
  userId: 'AROANODE:i-01',
  roleName: 'NodeRole',
};

const document = {
  Statement: [
    { Effect: 'Allow', Action: ['s3:PutObject'], Resource: 'arn:aws:s3:::bucket/status/${aws:userid}.json' },
    { Effect: 'Allow', Action: 's3:Get*', Resource: ['arn:aws:s3:::bucket/sessions/*'] },
    { Effect: 'Allow', Action: 'logs:PutLogEvents', Resource: '*' },
    { Effect: 'Deny', Action: 's3:*', Resource: 'arn:aws:s3:::bucket/sessions/secret/*' },
  ],
};

const authorize = createAuthorizer({ roles: new Map([['NodeRole', { policies: [{ document }] }]]) });

const may = (operation: string, input: object, serviceId = 's3', caller = node) => {
  try {
    authorize({ caller, serviceId, operation, input });
    return true;
  } catch (error) {
    return error instanceof Error ? error.name : false;
  }
};

describe('a role', () => {
  it.each([
    ['writes its own status', 'PutObject', 'status/AROANODE:i-01.json', true],
    ['does not write another node’s', 'PutObject', 'status/AROANODE:i-02.json', 'AccessDenied'],
    ['writes parts of its own', 'UploadPart', 'status/AROANODE:i-01.json', true],
    ['reads sessions, also by HEAD', 'HeadObject', 'sessions/a/plan.json', true],
    ['does not write sessions', 'PutObject', 'sessions/a/plan.json', 'AccessDenied'],
    ['is bound by a Deny', 'GetObject', 'sessions/secret/x', 'AccessDenied'],
    ['is not fooled by a dot for any character', 'PutObject', 'status/AROANODE:i-01xjson', 'AccessDenied'],
  ])('%s', (_title, operation, Key, expected) => expect(may(operation, { Bucket: 'bucket', Key })).toBe(expected));

  it('has the actions of other services that its policy names, and no others', () => {
    expect(may('PutLogEvents', {}, 'logs')).toBe(true);
    expect(may('TerminateInstances', {}, 'ec2')).toBe('UnauthorizedOperation');
    expect(may('SendTaskSuccess', {}, 'states')).toBe('AccessDenied');
    expect(may('GetCallerIdentity', {}, 'sts')).toBe(true);
  });

  it('that the template does not know may do nothing; the account’s own user everything', () => {
    expect(may('PutLogEvents', {}, 'logs', { ...node, roleName: 'Stranger' })).toBe('AccessDenied');
    const { roleName: _, ...user } = node;
    expect(may('TerminateInstances', {}, 'ec2', user)).toBe(true);
  });
});
