import { type Authorizer, createAuthorizer } from '../../local/iam/authorizer';
import type { Caller } from '../../local/service';
import { createIamRegistry, type IamRegistry } from '../../local/template/iam-registry';

export const ACCOUNT = '000000000000';
export const TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

export const node: Caller = {
  accessKeyId: 'ASIA1',
  accountId: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Node/i-01`,
  userId: 'AROANODE:i-01',
  roleName: 'Node',
};
export const user: Caller = {
  accessKeyId: 'AKIA1',
  accountId: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/local`,
  userId: 'AIDALOCAL',
};

export interface Policy {
  statements: readonly object[];
  version?: string;
  /** Of the resource with this ARN; the policy of the role Node without. */
  on?: string;
}

/** An authorizer for an account with the role Node, these policies, and tags by resource id. */
export function account(
  policies: readonly Policy[],
  tags: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): { authorizer: Authorizer; iam: IamRegistry } {
  const iam = createIamRegistry();
  const arn = `arn:aws:iam::${ACCOUNT}:role/Node`;
  const role = { name: 'Node', logicalId: 'NodeRole', arn, trust: TRUST, policies: [], managedPolicyArns: [] };
  iam.roles.set('Node', role);
  for (const { statements, version = '2012-10-17', on } of policies) {
    const document = { Version: version, Statement: statements };
    if (on === undefined) iam.roles.get('Node')?.policies.push({ name: 'p', document });
    else iam.resourcePolicies.push({ arn: on, document });
  }
  const tagsOf = (id: string) => (tags[id] ? Object.entries(tags[id]) : undefined);
  return { authorizer: createAuthorizer(iam, { accountId: ACCOUNT, region: 'us-east-1', tagsOf }), iam };
}

/** `allowed`, or the error's name. */
export function outcome(check: () => void): string {
  try {
    check();
    return 'allowed';
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}
