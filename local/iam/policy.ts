/**
 * Policy documents, made ready to be asked. What is not understood is refused when the document is read, so that no
 * statement is ever half evaluated.
 */
import { z } from 'zod';
import { type Caller, LocalUnsupported } from '../service';
import { isKnownKey, isManyValued } from './condition-keys';
import { type ConditionTest, conditionTest } from './condition-operators';
import { arnMatcher, globMatcher, type Matcher, variablesIn } from './glob';

/** A text of a policy, and what it matches. */
export interface Pattern {
  readonly text: string;
  readonly matches: Matcher;
}

export interface Condition {
  /** In small letters. */
  readonly key: string;
  readonly test: ConditionTest;
}

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly Pattern[];
  /** The statement is of all actions but these. */
  readonly isNotAction: boolean;
  readonly resources: readonly Pattern[];
  readonly isNotResource: boolean;
  readonly conditions: readonly Condition[];
  /** How the statement of a resource's policy stands to a caller; absent in policies of roles. */
  readonly principal?: (caller: Caller) => PrincipalMatch;
  /** As written, as JSON. */
  readonly conditionText: string;
}

/** By its account, a caller is meant only as far as its own policies say so, too. */
export type PrincipalMatch = 'itself' | 'by its account' | 'not';

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]);
const operands = z.union([z.string(), z.boolean(), z.number()]).transform(String);
const principals = z.union([z.literal('*'), z.strictObject({ AWS: texts.optional(), Service: texts.optional() })]);

const statementSchema = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: z.enum(['Allow', 'Deny']),
    Principal: principals.optional(),
    Action: texts.optional(),
    NotAction: texts.optional(),
    Resource: texts.optional(),
    NotResource: texts.optional(),
    Condition: z
      .record(z.string(), z.record(z.string(), z.union([operands.transform((one) => [one]), z.array(operands)])))
      .default({}),
  })
  .refine(({ Action, NotAction }) => (Action === undefined) !== (NotAction === undefined), 'one of Action, NotAction')
  .refine(
    ({ Resource, NotResource }) => Resource === undefined || NotResource === undefined,
    'one of Resource, NotResource',
  );

type StatementJson = z.infer<typeof statementSchema>;

const documentSchema = z.strictObject({
  Version: z.enum(['2008-10-17', '2012-10-17']).default('2008-10-17'),
  Id: z.string().optional(),
  Statement: z.union([statementSchema.transform((one) => [one]), z.array(statementSchema)]),
});

const compiled = new WeakMap<object, readonly Statement[]>();

/**
 * The statements of a document, as in a template with its intrinsic functions resolved.
 * @throws LocalUnsupported naming the element, operator, condition key or variable that is not known here
 */
export function policyStatements(document: Readonly<Record<string, unknown>>): readonly Statement[] {
  const known = compiled.get(document);
  if (known) return known;
  const parsed = documentSchema.safeParse(document);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new LocalUnsupported('iam', `the policy document (${problems.join('; ')})`);
  }
  const hasVariables = parsed.data.Version === '2012-10-17';
  const statements = parsed.data.Statement.map((statement) => compile(statement, hasVariables));
  compiled.set(document, statements);
  return statements;
}

function compile(source: StatementJson, hasVariables: boolean): Statement {
  const actions = source.Action ?? source.NotAction ?? [];
  // A trust policy has no resource: it stands for its role.
  const resources = source.Resource ?? source.NotResource ?? ['*'];
  checkKeys(source, source.NotAction ? ['*'] : actions, hasVariables);
  return {
    effect: source.Effect,
    actions: actions.map((text) => ({ text, matches: globMatcher(text, { hasVariables: false, isCaseless: true }) })),
    isNotAction: source.NotAction !== undefined,
    resources: resources.map((text) => ({ text, matches: arnMatcher(text, { hasVariables }) })),
    isNotResource: source.NotResource !== undefined,
    conditions: Object.entries(source.Condition).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => ({
        key: key.toLowerCase(),
        test: conditionTest(operator, values, { hasVariables, isManyValued: isManyValued(key) }),
      })),
    ),
    ...(source.Principal === undefined ? {} : { principal: principalMatcher(source.Principal) }),
    conditionText: JSON.stringify(source.Condition),
  };
}

/** @throws LocalUnsupported for a key, or a variable, that calls of the actions may have and the local cloud does not know */
function checkKeys(source: StatementJson, actions: readonly string[], hasVariables: boolean): void {
  const conditions = Object.values(source.Condition);
  const written = [
    ...(source.Resource ?? source.NotResource ?? []),
    ...conditions.flatMap((keys) => Object.values(keys).flat()),
  ];
  const keys = [
    ...conditions.flatMap((each) => Object.keys(each)),
    ...(hasVariables ? written.flatMap((each) => variablesIn(each)) : []),
  ];
  for (const key of keys) {
    const action = actions.find((each) => !isKnownKey(key, each));
    if (action !== undefined) throw new LocalUnsupported('iam', `the condition key ${key} of ${action}`);
  }
}

function principalMatcher(principal: NonNullable<StatementJson['Principal']>): (caller: Caller) => PrincipalMatch {
  if (principal === '*') return () => 'itself';
  const { AWS: accounts = [], Service: services = [] } = principal;
  return ({ accountId, arn, roleName, service }) => {
    if (service) return services.includes(service.name) ? 'itself' : 'not';
    const roleArn = `arn:aws:iam::${accountId}:role/${roleName}`;
    if (accounts.some((each) => each === '*' || each === arn || each === roleArn)) return 'itself';
    const isAccount = accounts.some((each) => each === accountId || each === `arn:aws:iam::${accountId}:root`);
    return isAccount ? 'by its account' : 'not';
  };
}
