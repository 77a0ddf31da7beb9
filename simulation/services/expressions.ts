/** DynamoDB's expressions, read and judged by dynalite, over items of plain values. */
import { createRequire } from 'node:module';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { AwsError, LocalUnsupported } from '../../local/service';
import type { Item } from './dynamodb-item';

export interface ExpressionInput {
  ConditionExpression?: string;
  KeyConditionExpression?: string;
  FilterExpression?: string;
  ProjectionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, unknown>;
}

type Matches = (item: Item) => boolean;

export interface Expressions {
  condition: Matches | undefined;
  keyCondition: Matches | undefined;
  /** The key condition by attribute. */
  keyConditions: Record<string, { ComparisonOperator: string; AttributeValueList: AttributeValue[] }> | undefined;
  filter: Matches | undefined;
  /** Names of attributes. */
  projection: string[] | undefined;
}

interface Parsed {
  expression: unknown;
  pathHeads: Record<string, true>;
}

/** What dynalite adds to the input of a call. */
interface Judged {
  _condition?: Parsed;
  _keyCondition?: Parsed;
  _filter?: Parsed;
  _projection?: { paths: (string | number)[][] };
}

const require = createRequire(__filename);
const { validateExpressions, convertKeyCondition } = require('dynalite/validations') as {
  /** What is wrong, if anything. */
  validateExpressions(input: object & Judged): string | undefined;
  convertKeyCondition(expression: unknown): Expressions['keyConditions'] | string;
};
const { matchesExprFilter } = require('dynalite/db') as {
  matchesExprFilter(item: object, expression: unknown): boolean;
};

type Values = Record<string, AttributeValue>;

/** Read once: the values of the call at hand are put into what was read. Whoever asked before is done with it. */
const known = new Map<string, { expressions: Expressions; values: Values }>();

/** Good until the next call. @throws AwsError ValidationException */
export function expressionsOf(input: ExpressionInput): Expressions {
  const values: Values | undefined = input.ExpressionAttributeValues && marshall(input.ExpressionAttributeValues);
  const key = keyOf(input, values ?? {});
  const found = known.get(key);
  for (const name in found?.values) Object.assign(found.values[name] ?? {}, values?.[name]);
  if (found !== undefined) return found.expressions;
  const expressions = read({ ...input, ...(values === undefined ? {} : { ExpressionAttributeValues: values }) });
  known.set(key, { expressions, values: values ?? {} });
  return expressions;
}

function keyOf(input: ExpressionInput, values: Values): string {
  const { ConditionExpression, KeyConditionExpression, FilterExpression, ProjectionExpression } = input;
  const types = Object.entries(values).map(([name, value]) => [name, Object.keys(value)]);
  const texts = [ConditionExpression, KeyConditionExpression, FilterExpression, ProjectionExpression];
  return JSON.stringify([texts, input.ExpressionAttributeNames, types]);
}

function read(judged: ExpressionInput & Judged): Expressions {
  const problem = validateExpressions(judged);
  if (problem !== undefined) throw new AwsError('ValidationException', problem);
  const keyConditions = judged._keyCondition && convertKeyCondition(judged._keyCondition.expression);
  if (typeof keyConditions === 'string') throw new AwsError('ValidationException', keyConditions);
  return {
    condition: matcher(judged._condition),
    keyCondition: matcher(judged._keyCondition),
    keyConditions,
    filter: matcher(judged._filter),
    projection: judged._projection?.paths.map(nameOf),
  };
}

/** Whether an item fulfils the expression. */
function matcher(parsed: Parsed | undefined): Matches | undefined {
  if (parsed === undefined) return undefined;
  const names = Object.keys(parsed.pathHeads);
  return (item) => matchesExprFilter(marshall(pick(item, names)), parsed.expression);
}

function nameOf(path: readonly (string | number)[]): string {
  if (path.length === 1) return String(path[0]);
  throw new LocalUnsupported('dynamodb', 'projections of parts of an attribute');
}

export const pick = (item: Item, names: readonly string[]): Item =>
  Object.fromEntries(names.flatMap((name) => (name in item ? [[name, item[name]]] : [])));
