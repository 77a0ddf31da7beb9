import { z } from 'zod';
import { policyStatements } from '../../iam/policy';
import type { Role } from '../iam-registry';
import {
  nameFromArn,
  physicalName,
  type ResourceContext,
  resourceName,
  resourceType,
  withoutEffect,
} from '../resource-type';
import { TemplateError } from '../template-error';

/** Read at once, so that what is not understood stops the start. */
const document = z.record(z.string(), z.unknown()).transform((given) => {
  policyStatements(given);
  return given;
});

const role = resourceType(
  z.strictObject({
    RoleName: z.string().optional(),
    AssumeRolePolicyDocument: document,
    Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument: document })).default([]),
    ManagedPolicyArns: z.array(z.string()).default([]),
    Path: z.literal('/').optional(),
    Description: withoutEffect,
    MaxSessionDuration: withoutEffect,
    Tags: withoutEffect,
  }),
  (properties, context) => {
    const { accountId, iam } = context;
    const name = properties.RoleName ?? physicalName(context);
    const arn = `arn:aws:iam::${accountId}:role/${name}`;
    const created: Role = {
      name,
      logicalId: context.logicalId,
      arn,
      trust: properties.AssumeRolePolicyDocument,
      policies: properties.Policies.map((policy) => ({ name: policy.PolicyName, document: policy.PolicyDocument })),
      managedPolicyArns: [],
    };
    iam.roles.set(name, created);
    for (const policyArn of properties.ManagedPolicyArns) attach(context, name, policyArn);
    return { ref: name, attributes: { Arn: arn, RoleId: context.roleId(name) } };
  },
);

const policy = resourceType(
  z.strictObject({ PolicyName: z.string(), PolicyDocument: document, Roles: z.array(z.string()).min(1) }),
  (properties, context) => {
    for (const roleName of properties.Roles) {
      findRole(context, roleName).policies.push({ name: properties.PolicyName, document: properties.PolicyDocument });
    }
    return { ref: properties.PolicyName };
  },
);

const managedPolicy = resourceType(
  z.strictObject({
    ManagedPolicyName: z.string().optional(),
    PolicyDocument: document,
    Roles: z.array(z.string()).default([]),
    Path: z.literal('/').optional(),
    Description: withoutEffect,
  }),
  (properties, context) => {
    const name = properties.ManagedPolicyName ?? physicalName(context);
    const arn = `arn:aws:iam::${context.accountId}:policy/${name}`;
    context.iam.managedPolicies.set(arn, { name, document: properties.PolicyDocument });
    for (const roleName of properties.Roles) attach(context, roleName, arn);
    return { ref: arn, attributes: { PolicyArn: arn } };
  },
);

const instanceProfile = resourceType(
  z.strictObject({
    InstanceProfileName: z.string().optional(),
    Roles: z.tuple([z.string()]),
    Path: z.literal('/').optional(),
  }),
  (properties, context) => {
    const name = properties.InstanceProfileName ?? physicalName(context);
    const arn = `arn:aws:iam::${context.accountId}:instance-profile/${name}`;
    const roleName = findRole(context, properties.Roles[0]).name;
    context.iam.instanceProfiles.set(name, { name, arn, roleName });
    return { ref: name, attributes: { Arn: arn } };
  },
);

function attach(context: ResourceContext, roleName: string, policyArn: string): void {
  const role = findRole(context, roleName);
  const ownPolicy = context.iam.managedPolicies.get(policyArn);
  if (ownPolicy) role.policies.push(ownPolicy);
  else role.managedPolicyArns.push(policyArn);
}

function findRole(context: ResourceContext, nameOrArn: string): Role {
  const role = context.iam.roles.get(nameFromArn(nameOrArn));
  if (!role) throw new TemplateError(resourceName(context), `the role ${nameOrArn} is not part of the template`);
  return role;
}

export const iamTypes = {
  'AWS::IAM::Role': role,
  'AWS::IAM::Policy': policy,
  'AWS::IAM::ManagedPolicy': managedPolicy,
  'AWS::IAM::InstanceProfile': instanceProfile,
};
