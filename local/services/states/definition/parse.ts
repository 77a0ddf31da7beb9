import type { ValidateStateMachineDefinitionOutput } from '@aws-sdk/client-sfn';
import { AwsError, LocalUnsupported } from '../../../service';
import { jsonProblem } from '../api/errors';
import { isObject } from '../json';
import { Diagnostics } from './diagnostics';
import type { StateMachineDefinition } from './types';
import { Validator } from './validate';

/**
 * A definition's text, checked and parsed.
 * @throws AwsError InvalidDefinition with every problem found; LocalUnsupported for what only AWS can run
 */
export function parseDefinition(text: string): StateMachineDefinition {
  const { definition, diagnostics, unsupported } = check(text);
  if (diagnostics.list.length > 0) {
    throw new AwsError('InvalidDefinition', `Invalid State Machine Definition: '${diagnostics}'`);
  }
  const [first] = unsupported;
  if (first !== undefined) throw new LocalUnsupported('states', first);
  return definition as StateMachineDefinition;
}

/** ValidateStateMachineDefinition. */
export function diagnose(
  text: string,
  { maxResults = 100 }: { maxResults?: number },
): ValidateStateMachineDefinitionOutput {
  const { list } = check(text).diagnostics;
  return {
    result: list.length === 0 ? 'OK' : 'FAIL',
    diagnostics: list.slice(0, maxResults || 100),
    truncated: list.length > (maxResults || 100),
  };
}

function check(text: string): { definition: unknown; diagnostics: Diagnostics; unsupported: string[] } {
  const diagnostics = new Diagnostics();
  if (text.trim() === '') {
    diagnostics.add('SCHEMA_VALIDATION_FAILED', 'Definition must be a valid JSON object');
    return { definition: undefined, diagnostics, unsupported: [] };
  }
  const problem = jsonProblem(text);
  if (problem) {
    const location = `[Source: (String)"${text}"; line: 1, column: ${text.search(/\W/) + 1}]`;
    diagnostics.add('INVALID_JSON_DESCRIPTION', `${problem}\n at ${location}`, location);
    return { definition: undefined, diagnostics, unsupported: [] };
  }
  const definition: unknown = JSON.parse(text);
  if (!isObject(definition)) {
    diagnostics.add('SCHEMA_VALIDATION_FAILED', 'Definition must be a valid JSON object');
    return { definition, diagnostics, unsupported: [] };
  }
  const validator = new Validator(diagnostics, definition['QueryLanguage'] === 'JSONata' ? 'JSONata' : 'JSONPath');
  validator.program(definition, '');
  return { definition, diagnostics, unsupported: validator.unsupported };
}
