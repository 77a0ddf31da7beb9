/**
 * EventBridge's event patterns, compiled into predicates.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 * A list of a pattern means "one of"; a list of an event matches when one of its elements does.
 */
import { BlockList, isIP } from 'node:net';
import { AwsError } from '../../service';

export type EventMatcher = (event: unknown) => boolean;
type ValueMatcher = (value: Json) => boolean;
type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** @throws AwsError InvalidEventPatternException, with the reason. */
export function compileEventPattern(pattern: string | undefined): EventMatcher {
  let parsed: unknown;
  try {
    parsed = JSON.parse(pattern ?? '');
  } catch {
    return refuse('it is not JSON');
  }
  const matches = compileObject(parsed, '');
  return (event) => matches(event as Json);
}

/** A field's predicate is given `undefined` when the event lacks the field. */
type FieldMatcher = (value: Json | undefined) => boolean;

function compileObject(pattern: unknown, path: string): FieldMatcher {
  if (!isObject(pattern) || Object.keys(pattern).length === 0)
    return refuse(`${path.replace(/\.$/, '') || 'the pattern'} is neither a list nor an object with fields`);
  const checks = Object.entries(pattern).map(([name, expected]): FieldMatcher => {
    if (name === '$or' && Array.isArray(expected)) {
      const choices = expected.map((choice, index) => compileObject(choice, `${path}$or[${index}]`));
      if (choices.length < 2) refuse(`${path}$or needs at least two patterns`);
      return (object) => choices.some((matches) => matches(object));
    }
    const field = `${path}${name}`;
    const matches = Array.isArray(expected) ? compileValues(expected, field) : compileObject(expected, `${field}.`);
    return (object) => matches(isObject(object) && Object.hasOwn(object, name) ? object[name] : undefined);
  });
  const matchesOne: FieldMatcher = (object) => checks.every((check) => check(object));
  return (value) => (Array.isArray(value) ? value.some(matchesOne) : matchesOne(value));
}

function compileValues(expected: unknown[], path: string): FieldMatcher {
  if (expected.length === 0) return refuse(`${path} is an empty list`);
  const matchers = expected.map((one) => compileValue(one, path));
  return (value) => matchers.some((matches) => matches(value));
}

function compileValue(expected: unknown, path: string): FieldMatcher {
  if (!isObject(expected)) {
    if (Array.isArray(expected)) return refuse(`${path} holds a list in a list`);
    return onAnyElement((value) => value === expected);
  }
  const [operator, ...others] = Object.keys(expected);
  if (operator === undefined || others.length > 0) return refuse(`${path} has a condition that is not one operator`);
  const operand = expected[operator];
  if (operator === 'exists') {
    if (typeof operand !== 'boolean') return refuse(`${path}: exists needs true or false`);
    // Only leaves exist: an object does not count as a value.
    return (value) => operand === (value !== undefined && !isObject(value));
  }
  return onAnyElement(compileOperator(operator, operand, path));
}

function onAnyElement(matches: ValueMatcher): FieldMatcher {
  return (value) => {
    if (value === undefined) return false;
    return Array.isArray(value) ? value.some((element) => matches(element)) : matches(value);
  };
}

function compileOperator(operator: string, operand: unknown, path: string): ValueMatcher {
  switch (operator) {
    case 'prefix':
      return affix(operand, path, (text, part) => text.startsWith(part));
    case 'suffix':
      return affix(operand, path, (text, part) => text.endsWith(part));
    case 'equals-ignore-case':
      return onText(asText(operand, path).toLowerCase(), (text, wanted) => text.toLowerCase() === wanted);
    case 'wildcard':
      return onText(wildcardPattern(asText(operand, path)), (text, regExp) => regExp.test(text));
    case 'anything-but':
      return anythingBut(operand, path);
    case 'numeric':
      return numeric(operand, path);
    case 'cidr':
      return cidr(asText(operand, path), path);
    default:
      return refuse(`${path}: unrecognized match type ${operator}`);
  }
}

/** The operand is a text, or `{ "equals-ignore-case": text }`. */
function affix(operand: unknown, path: string, test: (text: string, part: string) => boolean): ValueMatcher {
  if (!isObject(operand)) return onText(asText(operand, path), test);
  const folded = asText(operand['equals-ignore-case'], path).toLowerCase();
  return onText(folded, (text, part) => test(text.toLowerCase(), part));
}

function anythingBut(operand: unknown, path: string): ValueMatcher {
  if (isObject(operand)) {
    const [operator = '', ...others] = Object.keys(operand);
    if (others.length > 0 || operator === 'numeric') return refuse(`${path}: anything-but takes one operator`);
    const values = [operand[operator]].flat();
    const excluded = values.map((value) => compileOperator(operator, value, path));
    return (value) => !excluded.some((matches) => matches(value));
  }
  const excluded = [operand].flat();
  if (excluded.length === 0) return refuse(`${path}: anything-but excludes nothing`);
  return (value) => !excluded.includes(value);
}

const COMPARISONS: Record<string, (value: number, bound: number) => boolean> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

function numeric(operand: unknown, path: string): ValueMatcher {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) {
    return refuse(`${path}: numeric takes one or two comparisons`);
  }
  const comparisons: ((value: number) => boolean)[] = [];
  for (let at = 0; at < operand.length; at += 2) {
    const compare = COMPARISONS[String(operand[at])];
    const bound: unknown = operand[at + 1];
    if (!compare || typeof bound !== 'number') return refuse(`${path}: ${operand[at]} is no comparison with a number`);
    comparisons.push((value) => compare(value, bound));
  }
  return (value) => typeof value === 'number' && comparisons.every((holds) => holds(value));
}

function cidr(block: string, path: string): ValueMatcher {
  const [address = '', prefix] = block.split('/');
  const family = isIP(address);
  if (family === 0 || prefix === undefined) return refuse(`${path}: ${block} is no address block`);
  const list = new BlockList();
  list.addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
  return (value) =>
    typeof value === 'string' && isIP(value) === family && list.check(value, family === 4 ? 'ipv4' : 'ipv6');
}

/** `*` stands for any characters, also none, also `/`; `\*` and `\\` for themselves. */
function wildcardPattern(text: string): RegExp {
  const source = text.replace(/\\([*\\])|\*|[.+?^${}()|[\]\\]/g, (found, escaped: string | undefined) => {
    if (escaped !== undefined) return `\\${escaped}`;
    return found === '*' ? '.*' : `\\${found}`;
  });
  return new RegExp(`^${source}$`, 's');
}

function onText<T>(operand: T, test: (text: string, operand: T) => boolean): ValueMatcher {
  return (value) => typeof value === 'string' && test(value, operand);
}

function asText(operand: unknown, path: string): string {
  return typeof operand === 'string' ? operand : refuse(`${path} needs a text to match`);
}

function isObject(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(reason: string): never {
  throw new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);
}
