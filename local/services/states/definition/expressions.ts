import { isObject, type Json, type JsonObject } from '../json';
import { compile, expressionOf } from '../query/jsonata-expression';
import type { Diagnostics } from './diagnostics';
import { topLevelReferences } from './references';

/** Fields whose content belongs to states of their own. */
const NESTED = new Set(['Branches', 'ItemProcessor', 'Iterator']);

/** Parses every JSONata expression of a state; AWS refuses a definition with one that cannot be parsed. */
export function checkExpressions(state: JsonObject, path: string, diagnostics: Diagnostics): void {
  for (const [field, value] of Object.entries(state)) {
    if (!NESTED.has(field)) walk(value, `${path}/${field}`, diagnostics);
  }
}

function walk(value: Json, location: string, diagnostics: Diagnostics): void {
  if (typeof value === 'string') {
    checkText(value, location, diagnostics);
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) walk(item, `${location}[${index}]`, diagnostics);
  } else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) walk(member, `${location}/${name}`, diagnostics);
  }
}

/** Codes and words as measured on AWS (floci issues 2670 and 2745); JSONata's own code is left out. */
function checkText(text: string, location: string, diagnostics: Diagnostics): void {
  const expression = expressionOf(text);
  if (expression === undefined) return;
  try {
    for (const name of topLevelReferences(compile(expression).ast())) {
      const message = `Reference to '${name}' at the top level is not supported.`;
      diagnostics.add('UNSUPPORTED_JSONATA_EXPRESSION', message, location);
    }
  } catch (error) {
    const { message } = error as { message?: unknown };
    diagnostics.add('INVALID_JSONATA_EXPRESSION', String(message), location);
  }
}
