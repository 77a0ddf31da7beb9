/**
 * CloudFormation's intrinsic functions.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 */
import { cidrBlocks } from './cidr';
import { TemplateError } from './template-error';

/** What an expression may refer to. */
export interface Scope {
  /** A parameter's, pseudo parameter's or resource's value; undefined only for AWS::NoValue. */
  ref(name: string): unknown;
  getAtt(logicalId: string, attribute: string): unknown;
  condition(name: string): boolean;
  mapping(map: string, first: string, second: string): unknown;
  availabilityZones(region: string): readonly string[];
  /** For messages, e.g. "resource Bucket". */
  where: string;
}

type Intrinsic = (argument: unknown, scope: Scope) => unknown;

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope) => scope.ref(String(argument)),
  Condition: (argument, scope) => scope.condition(String(argument)),
  'Fn::GetAtt': (argument, scope) => {
    const [logicalId, ...attribute] = Array.isArray(argument) ? argument : String(argument).split('.');
    return scope.getAtt(String(logicalId), attribute.map((part) => text(evaluate(part, scope), scope)).join('.'));
  },
  'Fn::Sub': substitute,
  'Fn::Join': (argument, scope) => {
    const [delimiter, parts] = pair(argument, scope);
    return list(evaluate(parts, scope), scope)
      .map((part) => text(part, scope))
      .join(text(delimiter, scope));
  },
  'Fn::Select': (argument, scope) => {
    const [index, from] = pair(argument, scope).map((part) => evaluate(part, scope));
    const items = list(from, scope);
    if (!(Number(index) in items)) throw fault(scope, `Fn::Select has no item ${String(index)} of ${items.length}`);
    return items[Number(index)];
  },
  'Fn::Split': (argument, scope) => {
    const [delimiter, source] = pair(argument, scope).map((part) => text(evaluate(part, scope), scope));
    return (source ?? '').split(delimiter ?? '');
  },
  'Fn::If': (argument, scope) => {
    const [condition, whenTrue, whenFalse] = list(argument, scope);
    return evaluate(scope.condition(String(condition)) ? whenTrue : whenFalse, scope);
  },
  'Fn::Equals': (argument, scope) => {
    const [left, right] = pair(argument, scope).map((part) => text(evaluate(part, scope), scope));
    return left === right;
  },
  'Fn::And': (argument, scope) => list(argument, scope).every((part) => evaluate(part, scope) === true),
  'Fn::Or': (argument, scope) => list(argument, scope).some((part) => evaluate(part, scope) === true),
  'Fn::Not': (argument, scope) => evaluate(list(argument, scope)[0], scope) !== true,
  'Fn::FindInMap': (argument, scope) => {
    const [map, first, second] = list(argument, scope).map((part) => text(evaluate(part, scope), scope));
    return scope.mapping(map ?? '', first ?? '', second ?? '');
  },
  'Fn::GetAZs': (argument, scope) => {
    const region = text(evaluate(argument, scope) ?? '', scope) || text(scope.ref('AWS::Region'), scope);
    return [...scope.availabilityZones(region)];
  },
  'Fn::Base64': (argument, scope) => Buffer.from(text(evaluate(argument, scope), scope)).toString('base64'),
  'Fn::Cidr': (argument, scope) => {
    const [block, count, hostBits] = list(argument, scope).map((part) => text(evaluate(part, scope), scope));
    return cidrBlocks(block ?? '', Number(count), Number(hostBits));
  },
};

/**
 * The value of a template expression: intrinsic functions anywhere in it are resolved, AWS::NoValue removes its member.
 * @throws TemplateError for a function that is not known, and for one with wrong arguments.
 */
export function evaluate(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => evaluate(item, scope)).filter((item) => item !== undefined);
  if (typeof value === 'string') return literal(value, scope);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (only && entries.length === 1) {
    const [name, argument] = only;
    const intrinsic = Object.hasOwn(INTRINSICS, name) ? INTRINSICS[name] : undefined;
    if (intrinsic) return intrinsic(argument, scope);
    if (name.startsWith('Fn::')) throw fault(scope, `the local cloud does not support ${name}`);
  }
  const resolved = entries.map(([key, member]) => [key, evaluate(member, scope)] as const);
  return Object.fromEntries(resolved.filter(([, member]) => member !== undefined));
}

/** `${Name}`, `${Resource.Attribute}`, variables of its own in the second form, `${!Literal}`. */
function substitute(argument: unknown, scope: Scope): string {
  const [template, variables] = Array.isArray(argument) ? argument : [argument, {}];
  const own = variables as Record<string, unknown>;
  return String(template).replace(/\$\{([^}]+)\}/g, (_, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    const key = name.trim();
    if (Object.hasOwn(own, key)) return text(evaluate(own[key], scope), scope);
    const dot = key.indexOf('.');
    return text(dot < 0 ? scope.ref(key) : scope.getAtt(key.slice(0, dot), key.slice(dot + 1)), scope);
  });
}

/** Names of everything that an expression refers to, in both branches of each Fn::If. */
export function references(value: unknown): Set<string> {
  const found = new Set<string>();
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    for (const [key, argument] of Object.entries(part)) {
      if (key === 'Ref') found.add(String(argument));
      else if (key === 'Fn::GetAtt') {
        found.add(String(Array.isArray(argument) ? argument[0] : String(argument).split('.')[0]));
      } else if (key === 'Fn::Sub') {
        const template = String(Array.isArray(argument) ? argument[0] : argument);
        for (const [, name = ''] of template.matchAll(/\$\{([^!}][^}]*)\}/g))
          found.add(name.trim().split('.')[0] ?? '');
      }
      visit(argument);
    }
  };
  visit(value);
  return found;
}

/** Dynamic references would be resolved by CloudFormation itself; passing their text on would be a silent error. */
function literal(value: string, scope: Scope): string {
  if (value.includes('{{resolve:')) throw fault(scope, `the local cloud does not support the reference ${value}`);
  return value;
}

function text(value: unknown, scope: Scope): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw fault(scope, `a text is needed where the template has ${JSON.stringify(value) ?? 'no value'}`);
}

function list(value: unknown, scope: Scope): unknown[] {
  if (Array.isArray(value)) return value;
  throw fault(scope, `a list is needed where the template has ${JSON.stringify(value) ?? 'no value'}`);
}

function pair(value: unknown, scope: Scope): [unknown, unknown] {
  const items = list(value, scope);
  if (items.length !== 2) throw fault(scope, `two arguments are needed, not ${JSON.stringify(value)}`);
  return [items[0], items[1]];
}

function fault(scope: Scope, problem: string): TemplateError {
  return new TemplateError(scope.where, problem);
}
