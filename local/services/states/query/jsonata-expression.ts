import jsonata from 'jsonata';
import type { Json, JsonObject } from '../json';

const OPEN = '{%';
const CLOSE = '%}';
const compiled = new Map<string, jsonata.Expression>();

/** The expression inside `{% … %}`; undefined for a literal string. */
export function expressionOf(text: string): string | undefined {
  return text.startsWith(OPEN) && text.endsWith(CLOSE) && text.length >= OPEN.length + CLOSE.length
    ? text.slice(OPEN.length, -CLOSE.length).trim()
    : undefined;
}

/** @throws JsonataError when the expression cannot be parsed */
export function compile(expression: string): jsonata.Expression {
  let ready = compiled.get(expression);
  if (!ready) {
    ready = jsonata(expression);
    compiled.set(expression, ready);
  }
  return ready;
}

/** A result that JSON cannot carry: a function, or something that holds one. */
export const UNSUPPORTED = Symbol('unsupported result type');

/** Evaluates; undefined when the expression yields nothing. @throws JsonataError */
export async function evaluate(
  expression: string,
  bindings: Record<string, unknown>,
): Promise<Json | undefined | typeof UNSUPPORTED> {
  const result: unknown = await compile(expression).evaluate(undefined, bindings);
  if (result === undefined) return undefined;
  return holdsFunction(result) ? UNSUPPORTED : (JSON.parse(JSON.stringify(result)) as Json);
}

function holdsFunction(value: unknown): boolean {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return false;
  if ('_jsonata_lambda' in value || '_jsonata_function' in value || value instanceof RegExp) return true;
  return Object.values(value as JsonObject).some(holdsFunction);
}
