/**
 * The decision, within one account: an explicit Deny wins; else a policy of the caller or of the resource must allow.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
import type { Caller } from '../service';
import type { Check } from './check';
import type { Pattern, PrincipalMatch, Statement } from './policy';

/** What a statement's texts are held against. */
export interface Question {
  readonly caller: Caller;
  readonly check: Check;
  /** @param key in small letters */
  readonly values: (key: string) => readonly string[] | undefined;
}

/** Which action and which resource of a statement matched. */
export interface Match {
  readonly statement: Statement;
  readonly action: string;
  readonly resource: string;
}

export type Decision =
  | { readonly isAllowed: true; readonly matches: readonly Match[] }
  | { readonly isAllowed: false; readonly deniedBy: 'nothing' | 'identity' | 'resource' };

export interface Policies {
  readonly identity: readonly Statement[];
  readonly resource: readonly Statement[];
  /** A role is assumed only if its own trust policy allows it, whatever the caller's policies say. */
  readonly mustResourceAllow: boolean;
}

export function decide({ identity, resource, mustResourceAllow }: Policies, question: Question): Decision {
  const own = identity.flatMap((statement) => matchesOf(statement, question));
  const others = resource.flatMap((statement) => {
    const stands = statement.principal?.(question.caller) ?? 'not';
    return stands === 'not' ? [] : matchesOf(statement, question).map((match) => ({ ...match, stands }));
  });
  if (own.some(isDeny)) return { isAllowed: false, deniedBy: 'identity' };
  if (others.some(isDeny)) return { isAllowed: false, deniedBy: 'resource' };
  const allowing = others.filter((each: { stands: PrincipalMatch }) => own.length > 0 || each.stands === 'itself');
  const isAllowed = mustResourceAllow ? allowing.length > 0 : own.length > 0 || allowing.length > 0;
  return isAllowed ? { isAllowed, matches: own } : { isAllowed, deniedBy: 'nothing' };
}

const isDeny = ({ statement }: Match) => statement.effect === 'Deny';

/** Every pair of an action and a resource of the statement that matches. */
function matchesOf(statement: Statement, question: Question): Match[] {
  const { check, values } = question;
  const one = (key: string) => values(key)?.[0];
  const named = (patterns: readonly Pattern[], value: string, isNot: boolean) => {
    const found = patterns.filter(({ matches }) => matches(value, one)).map(({ text }) => text);
    return isNot ? (found.length === 0 ? ['*'] : []) : found;
  };
  const actions = named(statement.actions, check.action, statement.isNotAction);
  if (actions.length === 0) return [];
  const resources = named(statement.resources, check.resource, statement.isNotResource);
  if (resources.length === 0 || !statement.conditions.every(({ key, test }) => test(values(key), one))) return [];
  return actions.flatMap((action) => resources.map((resource) => ({ statement, action, resource })));
}
