/**
 * Condition operators, with their prefixes and suffixes.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { LocalUnsupported } from '../service';
import { arnMatcher, globMatcher, type Matcher, type VariableValue } from './glob';

/** Whether a key with these values, or without any, fulfils a condition. */
export type ConditionTest = (values: readonly string[] | undefined, variables: VariableValue) => boolean;

type Compile = (operand: string, hasVariables: boolean) => Matcher;

const text =
  (options: { isCaseless?: boolean; hasWildcards: boolean }): Compile =>
  (operand, hasVariables) =>
    globMatcher(operand, { hasVariables, ...options });

/** An operand that is no ARN is like no ARN. */
const arn: Compile = (operand, hasVariables) => arnMatcher(operand, { hasVariables });

const compared =
  (read: (text: string) => number, holds: (actual: number, wanted: number) => boolean): Compile =>
  (operand) =>
  (value) =>
    holds(read(value), read(operand));

const date = (given: string) => (/^\d+$/.test(given) ? Number(given) * 1000 : Date.parse(given));

const equals = (a: number, b: number) => a === b;
const less = (a: number, b: number) => a < b;
const atMost = (a: number, b: number) => a <= b;
const greater = (a: number, b: number) => a > b;
const atLeast = (a: number, b: number) => a >= b;

/** Operators as they are; `Not` in front of the comparison's own word makes the negated ones. */
const OPERATORS: Readonly<Record<string, Compile>> = {
  StringEquals: text({ hasWildcards: false }),
  StringEqualsIgnoreCase: text({ hasWildcards: false, isCaseless: true }),
  StringLike: text({ hasWildcards: true }),
  ArnEquals: arn,
  ArnLike: arn,
  Bool: (operand) => (value) => value.toLowerCase() === operand.toLowerCase(),
  NumericEquals: compared(Number, equals),
  NumericLessThan: compared(Number, less),
  NumericLessThanEquals: compared(Number, atMost),
  NumericGreaterThan: compared(Number, greater),
  NumericGreaterThanEquals: compared(Number, atLeast),
  DateEquals: compared(date, equals),
  DateLessThan: compared(date, less),
  DateLessThanEquals: compared(date, atMost),
  DateGreaterThan: compared(date, greater),
  DateGreaterThanEquals: compared(date, atLeast),
  IpAddress: (operand) => inNetwork(operand),
};

const NEGATED: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
};

export interface ConditionOptions {
  readonly hasVariables: boolean;
  /** The key may have several values, and makes sense with ForAllValues or ForAnyValue only. */
  readonly isManyValued: boolean;
}

/** @throws LocalUnsupported for an operator that AWS does not have, or not for such a key */
export function conditionTest(
  operator: string,
  operands: readonly string[],
  { hasVariables, isManyValued }: ConditionOptions,
): ConditionTest {
  if (operator === 'Null') return nullTest(operands);
  const [, quantifier, name = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(operator) ?? [];
  const compile = OPERATORS[NEGATED[name] ?? name];
  if (!compile) throw new LocalUnsupported('iam', `the condition operator ${operator}`);
  if (isManyValued && !quantifier) throw new LocalUnsupported('iam', `${operator} on a key of many values`);
  const isNegated = name in NEGATED;
  const matchers = operands.map((operand) => compile(operand, hasVariables));
  const fits = (value: string, variables: VariableValue) =>
    matchers.some((matches) => matches(value, variables)) !== isNegated;
  return (values, variables) => {
    if (values === undefined || values.length === 0) {
      if (quantifier) return quantifier === 'ForAllValues';
      return ifExists !== undefined || isNegated;
    }
    return quantifier === 'ForAllValues'
      ? values.every((value) => fits(value, variables))
      : values.some((value) => fits(value, variables));
  };
}

/** `"true"`: the key must be absent; `"false"`: it must be there. */
function nullTest(operands: readonly string[]): ConditionTest {
  return (values) => operands.includes(String(values === undefined || values.length === 0));
}

function inNetwork(operand: string): Matcher {
  const [address = '', bits] = operand.split('/');
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  if (family === 'ipv6' && !isIPv6(address)) throw new LocalUnsupported('iam', `the network ${operand}`);
  const list = new BlockList();
  list.addSubnet(address, Number(bits ?? (family === 'ipv4' ? 32 : 128)), family);
  return (value) => list.check(value, isIPv4(value) ? 'ipv4' : 'ipv6');
}
