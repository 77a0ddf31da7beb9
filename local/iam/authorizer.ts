/**
 * Checks each call of a role against the role's policies in the template: the action, and the resource where the request
 * names one, policy variables included. Conditions other than on variables are not evaluated: a statement counts as if
 * they held, so that only what is refused here is certain to be refused on AWS too.
 */
import type { Authorize } from '../gateway/authorize';
import { AwsError, type Caller } from '../service';
import { FREE_ACTIONS, iamAction, resourceArn } from './iam-action';

/** The part of the template's IAM that decides. */
export interface RolePolicies {
  readonly roles: ReadonlyMap<string, { policies: readonly { document: Readonly<Record<string, unknown>> }[] }>;
}

interface Statement {
  Effect: 'Allow' | 'Deny';
  Action?: string | string[];
  Resource?: string | string[];
}

/** The account's own user may do everything; roles that the template does not know may do nothing. */
export function createAuthorizer(registry: RolePolicies): Authorize {
  return ({ caller, serviceId, operation, input }) => {
    if (caller.roleName === undefined) return;
    const action = iamAction(serviceId, operation);
    if (FREE_ACTIONS.includes(action)) return;
    const statements = statementsOf(registry, caller.roleName);
    const matching = statements.filter((statement) => matches(statement, action, resourceArn(action, input), caller));
    const isDenied = matching.some(({ Effect }) => Effect === 'Deny');
    if (!isDenied && matching.some(({ Effect }) => Effect === 'Allow')) return;
    throw denied(caller, action, resourceArn(action, input), isDenied);
  };
}

function denied(caller: Caller, action: string, resource: string | undefined, isExplicit: boolean): AwsError {
  const on = resource === undefined ? '' : ` on resource: ${resource}`;
  const why = isExplicit ? 'with an explicit deny' : 'because no identity-based policy allows the action';
  const code = action.startsWith('ec2:') ? 'UnauthorizedOperation' : 'AccessDenied';
  const message = `User: ${caller.arn} is not authorized to perform: ${action}${on} ${why}`;
  return new AwsError(code, message, { statusCode: 403 });
}

function statementsOf(registry: RolePolicies, roleName: string): Statement[] {
  return (registry.roles.get(roleName)?.policies ?? []).flatMap(({ document }) =>
    listOf(document['Statement'] as Statement),
  );
}

function matches(statement: Statement, action: string, resource: string | undefined, caller: Caller): boolean {
  const covers = (patterns: string | string[] | undefined, value: string) =>
    listOf(patterns).some((pattern) => like(substitute(pattern, caller), value));
  if (!covers(statement.Action, action)) return false;
  // A Deny holds only where the resource is known and conditions would have to be evaluated; see the header.
  if (statement.Effect === 'Deny' && 'Condition' in statement) return false;
  return resource === undefined || covers(statement.Resource, resource);
}

const listOf = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

const substitute = (pattern: string, caller: Caller) => pattern.replaceAll('${aws:userid}', caller.userId);

/** IAM's wildcards: `*` any text, `?` one character; actions are compared without case. */
function like(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'is').test(value);
}
