import { isObject, type Json, type JsonObject } from '../json';
import { isIntrinsic, parseIntrinsic } from '../query/intrinsic-parser';
import type { Diagnostics } from './diagnostics';

/** Fields of JSONPath states that hold payload templates. */
const TEMPLATES = ['Parameters', 'ResultSelector', 'ItemSelector', 'Assign'] as const;

/** Checks that every `.$` member of a state's payload templates holds a path or an intrinsic function. */
export function checkTemplates(state: JsonObject, path: string, diagnostics: Diagnostics): void {
  for (const field of TEMPLATES) walk(state[field], `${path}/${field}`, diagnostics);
}

function walk(template: Json | undefined, location: string, diagnostics: Diagnostics): void {
  if (Array.isArray(template)) {
    for (const [index, item] of template.entries()) walk(item, `${location}[${index}]`, diagnostics);
  }
  if (!isObject(template)) return;
  for (const [name, member] of Object.entries(template)) {
    if (!name.endsWith('.$')) walk(member, `${location}/${name}`, diagnostics);
    else if (!isDynamic(member)) {
      const message = `The value for the field '${name}' must be a valid JSONPath or a valid intrinsic function call`;
      diagnostics.schema(message, location);
    }
  }
}

function isDynamic(value: Json): boolean {
  if (typeof value !== 'string') return false;
  if (!isIntrinsic(value)) return value.startsWith('$');
  try {
    parseIntrinsic(value);
    return true;
  } catch {
    return false;
  }
}
