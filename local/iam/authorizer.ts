/**
 * Who may do what: each call of a role, and of a service on its own behalf or for a role, is held against the policies
 * of the template. The account's own user may do everything that no resource's policy denies.
 */
import type { Authorize } from '../gateway/authorize';
import { type Caller, LocalUnsupported } from '../service';
import type { IamRegistry } from '../template/iam-registry';
import { callChecks } from './calls/call-checks';
import type { Account } from './calls/service-calls';
import type { Check, Guard } from './check';
import { keyValues, type Transport } from './condition-keys';
import { denial } from './denial';
import { decide, type Policies } from './evaluate';
import { GrantLog, type RoleGrant } from './grant-log';
import { managedPolicy } from './managed-policies';
import { policyStatements, type Statement } from './policy';

/** The part of the template's IAM that decides. */
export type TemplateIam = Pick<IamRegistry, 'roles' | 'resourcePolicies'>;

export interface Authorizer {
  /** Checks a call as it comes in. */
  readonly authorize: Authorize;
  /** Checks what a service finds out to be needed in the course of a call. */
  readonly guard: Guard;
  /** Every action that a role has on a resource, and how often it was used so far. */
  grants(): readonly RoleGrant[];
}

const HTTPS: Transport = { isSecure: true };

const EVERYTHING = policyStatements({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
});

export function createAuthorizer(iam: TemplateIam, account: Account): Authorizer {
  const grantLog = new GrantLog(iam);
  const ask = (caller: Caller, checks: readonly Check[], transport: Transport) => {
    for (const check of checks) {
      const values = keyValues(caller, check, transport, account.region);
      const decision = decide(policiesFor(iam, caller, check), { caller, check, values });
      if (!decision.isAllowed) throw denial(caller, check, decision.deniedBy);
      if (caller.roleName !== undefined) grantLog.note(caller.roleName, decision.matches);
    }
  };
  return {
    authorize(request) {
      ask(request.caller, callChecks(request, account), request.transport ?? HTTPS);
    },
    guard: (caller, checks) => ask(caller, checks, HTTPS),
    grants: () => grantLog.grants(),
  };
}

function policiesFor(iam: TemplateIam, caller: Caller, { action, resource }: Check): Policies {
  const isAssumed = action === 'sts:AssumeRole';
  return {
    identity: identityStatements(iam, caller),
    resource: isAssumed ? trustOf(iam, resource) : resourceStatements(iam, resource),
    mustResourceAllow: isAssumed,
  };
}

/** Roles that the template does not know may do nothing. */
function identityStatements(iam: TemplateIam, { roleName, service }: Caller): readonly Statement[] {
  if (service) return [];
  if (roleName === undefined) return EVERYTHING;
  const role = iam.roles.get(roleName);
  return [
    ...(role?.policies ?? []).map(({ document }) => document),
    ...(role?.managedPolicyArns ?? []).map(managed),
  ].flatMap(policyStatements);
}

/** @throws LocalUnsupported */
function managed(policyArn: string): Readonly<Record<string, unknown>> {
  const document = managedPolicy(policyArn);
  if (document) return document;
  throw new LocalUnsupported('iam', `what the policy ${policyArn} allows`);
}

/** A bucket's policy is also that of its objects. */
function resourceStatements(iam: TemplateIam, resource: string): Statement[] {
  const own = iam.resourcePolicies.filter((policy) => resource === policy.arn || resource.startsWith(`${policy.arn}/`));
  return own.flatMap(({ document }) => policyStatements(document));
}

function trustOf(iam: TemplateIam, roleArn: string): readonly Statement[] {
  const role = [...iam.roles.values()].find(({ arn }) => arn === roleArn);
  return role ? policyStatements(role.trust) : [];
}
