import { isObject, type Json, type JsonObject } from '../json';
import { expressionOf } from '../query/jsonata-expression';
import { parseTimestamp } from '../query/timestamp';
import { integrationOf, UnknownResource } from '../tasks/integrations';
import type { Diagnostics } from './diagnostics';
import { checkExpressions } from './expressions';
import { DISTRIBUTED_FIELDS, fieldStanding, INNER_PROGRAM_FIELDS, PROGRAM_FIELDS, REQUIRED } from './fields';
import { checkGraph } from './graph';
import { checkTemplates } from './templates';
import { type QueryLanguage, STATE_TYPES, type StateType } from './types';

/**
 * Checks a definition as CreateStateMachine does. Words measured on AWS: LocalStack recordings test_sfn_api and
 * test_sfn_api_validation; floci issues 2735, 2745 and 2968 and its pull request 2786.
 */
export class Validator {
  /** Valid on AWS, but not here. */
  readonly unsupported: string[] = [];

  constructor(
    private readonly diagnostics: Diagnostics,
    private readonly language: QueryLanguage,
  ) {}

  /** A state machine, a branch or an item processor; `path` is '' for the machine itself. */
  program(program: JsonObject, path: string): void {
    const missing = ['States', 'StartAt'].filter((field) => program[field] === undefined);
    if (missing.length > 0) {
      this.#require(missing, path || '/');
      return;
    }
    const known = path === '' ? PROGRAM_FIELDS : INNER_PROGRAM_FIELDS;
    for (const field of Object.keys(program)) {
      if (!known.includes(field)) this.diagnostics.schema(`Field '${field}' is not supported`, path || '/');
    }
    const states = program['States'];
    if (!isObject(states)) {
      this.diagnostics.schema('Expected value of type [Object]', `${path}/States`);
      return;
    }
    for (const [name, state] of Object.entries(states)) this.#state(name, state, `${path}/States/${name}`);
    checkGraph(program, path, this.diagnostics);
  }

  #state(name: string, state: Json, path: string): void {
    if (name.length > 80) this.diagnostics.add('INVALID_STATE_NAME', 'State name is longer than 80 characters', path);
    if (!isObject(state)) {
      this.diagnostics.schema('Expected value of type [Object]', path);
      return;
    }
    const type = state['Type'];
    if (!isStateType(type)) {
      if (type === undefined) this.#require(['Type'], path);
      else this.diagnostics.schema(`Value is not valid: must be one of [${STATE_TYPES.join(', ')}]`, `${path}/Type`);
      return;
    }
    const language = this.#language(state, path);
    this.#fields(state, type, { language, path });
    this.#flow(state, type, path);
    if (language === 'JSONata') checkExpressions(state, path, this.diagnostics);
    else checkTemplates(state, path, this.diagnostics);
    if (type === 'Task') this.#resource(state['Resource'], path);
    if (type === 'Task') this.#credentials(state['Credentials'], path);
    if (type === 'Choice') this.#choices(state, { language, path });
    if (type === 'Wait') this.#wait(state, { language, path });
    this.#errorHandlers(state, path);
    this.#children(state, type, path);
  }

  #language(state: JsonObject, path: string): QueryLanguage {
    const own = state['QueryLanguage'];
    if (own === 'JSONPath' && this.language === 'JSONata') {
      this.diagnostics.schema(
        "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
        path,
      );
    }
    return own === 'JSONata' || this.language === 'JSONata' ? 'JSONata' : 'JSONPath';
  }

  #fields(state: JsonObject, type: StateType, { language, path }: { language: QueryLanguage; path: string }): void {
    for (const field of Object.keys(state)) {
      const standing = fieldStanding(type, language, field);
      if (standing === 'unknown') this.diagnostics.schema(`Field '${field}' is not supported`, path);
      if (standing === 'other') {
        const other = language === 'JSONata' ? 'JSONPath' : 'JSONata';
        this.diagnostics.schema(
          `The QueryLanguage is set to '${language}', but field '${field}' is only supported for the '${other}' QueryLanguage`,
          path,
        );
      }
    }
    const missing = REQUIRED[type].filter((field) => state[field] === undefined);
    if (missing.length > 0) this.#require(missing, path);
  }

  #flow(state: JsonObject, type: StateType, path: string): void {
    if (type === 'Choice' || type === 'Succeed' || type === 'Fail') return;
    const flows = [state['Next'] !== undefined, state['End'] === true].filter(Boolean).length;
    if (flows === 0) this.#require(['Next'], path);
    if (flows === 2) this.diagnostics.schema("Only one of 'Next' and 'End' can be set", path);
  }

  #resource(resource: Json | undefined, path: string): void {
    if (resource === undefined) return;
    try {
      integrationOf(String(resource));
    } catch (error) {
      if (!(error instanceof UnknownResource)) throw error;
      if (error.existsOnAws) this.unsupported.push(`the task resource ${error.resource} (${path})`);
      else {
        this.diagnostics.schema(
          `The resource provided ${error.resource} is not recognized. ` +
            'The value is not a valid resource ARN, or the resource is not available in this region.',
          `${path}/Resource`,
        );
      }
    }
  }

  #credentials(credentials: Json | undefined, path: string): void {
    if (credentials === undefined) return;
    const fields = isObject(credentials) ? Object.keys(credentials) : [];
    if (fields.some((field) => field === 'RoleArn' || field === 'RoleArn.$')) {
      this.unsupported.push(`Credentials (${path})`);
    } else {
      this.diagnostics.schema("The field 'RoleArn' is required but was missing", `${path}/Credentials`);
    }
  }

  #choices(state: JsonObject, { language, path }: { language: QueryLanguage; path: string }): void {
    const choices = state['Choices'];
    if (!Array.isArray(choices)) return;
    if (choices.length === 0) this.diagnostics.schema('Array must have at least one element', `${path}/Choices`);
    for (const [index, rule] of choices.entries()) {
      const needed = language === 'JSONata' ? ['Condition', 'Next'] : ['Next'];
      const missing = isObject(rule) ? needed.filter((field) => rule[field] === undefined) : needed;
      if (missing.length > 0) this.#require(missing, `${path}/Choices[${index}]`);
    }
  }

  #wait(state: JsonObject, { language, path }: { language: QueryLanguage; path: string }): void {
    const given = ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'].filter(
      (field) => state[field] !== undefined,
    );
    if (given.length !== 1) {
      const message =
        "Exactly one of these fields is required: ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath']";
      this.diagnostics.schema(message, path);
    }
    const { Timestamp: timestamp } = state;
    const isFixed = typeof timestamp === 'string' && !(language === 'JSONata' && expressionOf(timestamp) !== undefined);
    if (isFixed && parseTimestamp(timestamp) === undefined) {
      this.diagnostics.schema('String does not match RFC3339 timestamp', `${path}/Timestamp`);
    }
  }

  #errorHandlers(state: JsonObject, path: string): void {
    for (const list of ['Retry', 'Catch']) {
      const items = state[list];
      if (!Array.isArray(items)) continue;
      for (const [index, item] of items.entries()) {
        const where = `${path}/${list}[${index}]`;
        const needed = list === 'Catch' ? ['ErrorEquals', 'Next'] : ['ErrorEquals'];
        const missing = isObject(item) ? needed.filter((field) => item[field] === undefined) : needed;
        if (missing.length > 0) this.#require(missing, where);
        const names = isObject(item) ? item['ErrorEquals'] : undefined;
        if (Array.isArray(names) && names.includes('States.ALL') && (names.length > 1 || index < items.length - 1)) {
          this.diagnostics.schema("'States.ALL' must appear alone and at the end of the list", `${where}/ErrorEquals`);
        }
      }
    }
  }

  #children(state: JsonObject, type: StateType, path: string): void {
    if (type === 'Parallel' && Array.isArray(state['Branches'])) {
      for (const [index, branch] of state['Branches'].entries()) {
        if (isObject(branch)) this.program(branch, `${path}/Branches[${index}]`);
      }
    }
    if (type !== 'Map') return;
    const field = state['ItemProcessor'] === undefined ? 'Iterator' : 'ItemProcessor';
    const processor = state[field];
    if (!isObject(processor)) {
      this.#require(['ItemProcessor'], path);
      return;
    }
    const config = processor['ProcessorConfig'];
    if (isObject(config) && config['Mode'] === 'DISTRIBUTED') this.unsupported.push(`distributed Map states (${path})`);
    for (const name of DISTRIBUTED_FIELDS) {
      if (state[name] !== undefined) this.unsupported.push(`${name} of a Map state (${path})`);
    }
    this.program(processor, `${path}/${field}`);
  }

  #require(fields: readonly string[], path: string): void {
    this.diagnostics.schema(`These fields are required: [${fields.join(', ')}]`, path);
  }
}

function isStateType(value: Json | undefined): value is StateType {
  return STATE_TYPES.some((type) => type === value);
}
