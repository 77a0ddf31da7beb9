import { isObject, type Json, type JsonObject } from '../json';
import { syntaxProblem } from '../query/jsonata-query';
import type { Diagnostics } from './diagnostics';
import type { QueryLanguage } from './types';

/** Fields whose content belongs to states of their own. */
const NESTED = new Set(['Branches', 'ItemProcessor', 'Iterator']);

/** Parses every JSONata expression of a state; AWS refuses a definition with one that cannot be parsed. */
export function checkExpressions(
  state: JsonObject,
  { language, path }: { language: QueryLanguage; path: string },
  diagnostics: Diagnostics,
): void {
  if (language !== 'JSONata') return;
  for (const [field, value] of Object.entries(state)) {
    if (!NESTED.has(field)) walk(value, `${path}/${field}`, diagnostics);
  }
}

function walk(value: Json, location: string, diagnostics: Diagnostics): void {
  if (typeof value === 'string') {
    const problem = syntaxProblem(value);
    if (problem !== undefined) diagnostics.schema(problem, location);
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) walk(item, `${location}[${index}]`, diagnostics);
  } else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) walk(member, `${location}/${name}`, diagnostics);
  }
}
