import type { Json } from '../json';
import { parseTimestamp } from './timestamp';

type Compare = (value: Json, expected: Json) => boolean;

const isNumber = (value: Json): value is number => typeof value === 'number';
const isString = (value: Json): value is string => typeof value === 'string';
const timeOf = (value: Json): number | undefined => (isString(value) ? parseTimestamp(value) : undefined);

/** Relations of two values of one kind; values of another kind never match. */
const RELATIONS: Readonly<Record<string, (order: number) => boolean>> = {
  Equals: (order) => order === 0,
  LessThan: (order) => order < 0,
  GreaterThan: (order) => order > 0,
  LessThanEquals: (order) => order <= 0,
  GreaterThanEquals: (order) => order >= 0,
};

const ORDERS: Readonly<Record<string, (first: Json, second: Json) => number | undefined>> = {
  String: (first, second) => (isString(first) && isString(second) ? compareText(first, second) : undefined),
  Numeric: (first, second) => (isNumber(first) && isNumber(second) ? first - second : undefined),
  Timestamp: (first, second) => {
    const [one, two] = [timeOf(first), timeOf(second)];
    return one === undefined || two === undefined ? undefined : one - two;
  },
};

function compareText(first: string, second: string): number {
  if (first === second) return 0;
  return first < second ? -1 : 1;
}

/** The tests that take no other value; they are told whether it is as `true` or `false` says. */
export const TYPE_TESTS: Readonly<Record<string, (value: Json) => boolean>> = {
  IsNull: (value) => value === null,
  IsNumeric: isNumber,
  IsString: isString,
  IsBoolean: (value) => typeof value === 'boolean',
  IsTimestamp: (value) => timeOf(value) !== undefined,
};

/** Every comparison operator of JSONPath Choice rules, without its `Path` form. */
export const COMPARISONS: Readonly<Record<string, Compare>> = {
  BooleanEquals: (value, expected) => typeof value === 'boolean' && value === expected,
  StringMatches: (value, expected) => isString(value) && isString(expected) && wildcard(expected).test(value),
  ...Object.fromEntries(
    Object.entries(ORDERS).flatMap(([kind, order]) =>
      Object.entries(RELATIONS).map(([relation, holds]): [string, Compare] => [
        kind + relation,
        (value, expected) => {
          const difference = order(value, expected);
          return difference !== undefined && holds(difference);
        },
      ]),
    ),
  ),
};

/** `*` stands for any text, `\\*` for a star, `\\\\` for a backslash. */
function wildcard(pattern: string): RegExp {
  const source = pattern.replace(/\\([*\\])|\*|[.+?^${}()|[\]\\]/g, (match, escaped: string | undefined) => {
    if (escaped !== undefined) return `\\${escaped}`;
    return match === '*' ? '.*' : `\\${match}`;
  });
  return new RegExp(`^${source}$`, 's');
}
