import type { Catcher, ChoiceRule } from '../definition/types';
import { queryFailure, StateFailure } from '../engine/failure';
import type { Frame } from '../engine/frame';
import { isObject, type Json, type JsonObject, Payload } from '../json';
import { errorOutput } from './error-output';
import { compile, evaluate, expressionOf, UNSUPPORTED } from './jsonata-expression';
import { stepFunctionsLibrary } from './jsonata-functions';
import type { Outcome, StateQuery } from './query';
import { parseTimestamp } from './timestamp';

/** Members of `$states` beside input and context. */
type Extra = { result?: Json; errorOutput?: Json };
type TypeName = 'number' | 'string' | 'boolean' | 'array';

/** A state whose fields hold JSONata between `{%` and `%}`. */
export class JsonataQuery implements StateQuery {
  readonly #frame: Frame;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  async arguments(): Promise<Payload> {
    const { Arguments: template } = this.#frame.state;
    return template === undefined ? this.#frame.input : new Payload(await this.#fill(template, 'Arguments'));
  }

  passOn(rule?: ChoiceRule): Promise<Outcome> {
    return this.#outcome(rule ?? this.#frame.state, this.#frame.input, {});
  }

  output(result: Payload): Promise<Outcome> {
    const extra = this.#frame.state.Type === 'Pass' ? {} : { result: result.value };
    return this.#outcome(this.#frame.state, result, extra);
  }

  caught(catcher: Catcher, failure: StateFailure): Promise<Outcome> {
    const output = errorOutput(failure);
    return this.#outcome(catcher, new Payload(output), { errorOutput: output });
  }

  seconds(field: 'TimeoutSeconds' | 'HeartbeatSeconds'): Promise<number | undefined> {
    return this.#number(field);
  }

  async waitUntilMs(): Promise<number> {
    const seconds = await this.#number('Seconds');
    if (seconds !== undefined) return this.#frame.strand.run.clock.now() + seconds * 1000;
    const text = String(await this.#typed(this.#frame.state.Timestamp ?? '', 'Timestamp', 'string'));
    const untilMs = parseTimestamp(text);
    if (untilMs === undefined) {
      const problem = `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`;
      throw queryFailure(this.#frame, problem, 'Timestamp');
    }
    return untilMs;
  }

  async failure(): Promise<StateFailure> {
    const { Error: error, Cause: cause } = this.#frame.state;
    return new StateFailure(
      error === undefined ? undefined : String(await this.#typed(error, 'Error', 'string')),
      cause === undefined ? undefined : String(await this.#typed(cause, 'Cause', 'string')),
    );
  }

  async holds(rule: ChoiceRule, index: number): Promise<boolean> {
    const condition = rule['Condition'];
    if (typeof condition === 'boolean') return condition;
    return (await this.#typed(condition ?? false, `Choices[${index}]/Condition`, 'boolean')) === true;
  }

  async items(): Promise<Payload[]> {
    const { Items: template } = this.#frame.state;
    const items = template === undefined ? this.#frame.input.value : await this.#typed(template, 'Items', 'array');
    if (!Array.isArray(items)) {
      throw queryFailure(this.#frame, `Map state input must be an array but was: ${JSON.stringify(items)}`);
    }
    return items.map((item) => new Payload(item));
  }

  async itemInput(item: Payload, index: number): Promise<Payload> {
    const { ItemSelector: template } = this.#frame.state;
    if (template === undefined) return item;
    const context = { ...this.#frame.context, Map: { Item: { Index: index, Value: item.value } } };
    return new Payload(await this.#fill(template, 'ItemSelector', {}, context));
  }

  async maxConcurrency(): Promise<number> {
    return (await this.#number('MaxConcurrency')) ?? 0;
  }

  async #outcome(fields: { Output?: Json; Assign?: JsonObject }, plain: Payload, extra: Extra): Promise<Outcome> {
    // Side by side: neither sees what the other makes (AWS developer guide, workflow variables).
    const output = fields.Output === undefined ? plain : new Payload(await this.#fill(fields.Output, 'Output', extra));
    if (fields.Assign === undefined) return { output };
    return { output, assigned: (await this.#fill(fields.Assign, 'Assign', extra)) as JsonObject };
  }

  async #number(
    field: 'TimeoutSeconds' | 'HeartbeatSeconds' | 'Seconds' | 'MaxConcurrency',
  ): Promise<number | undefined> {
    const value = this.#frame.state[field];
    if (value === undefined) return undefined;
    const number = Number(await this.#typed(value, field, 'number'));
    if (!Number.isInteger(number) || number < 0) {
      throw queryFailure(this.#frame, `The ${field} field must be a non-negative integer but was: ${number}`, field);
    }
    return number;
  }

  async #typed(template: Json, location: string, expected: TypeName): Promise<Json> {
    const value = await this.#fill(template, location);
    const actual = typeName(value);
    if (actual === expected) return value;
    const source = typeof template === 'string' ? (expressionOf(template) ?? template) : JSON.stringify(template);
    throw queryFailure(
      this.#frame,
      `The JSONata expression '${source}' specified for the field '${location}' returned an unexpected result type. ` +
        `Expected '${expected}', but was '${actual}' for value: ${JSON.stringify(value)}`,
      location,
    );
  }

  /** The template with every expression in it replaced by its value. */
  async #fill(template: Json, location: string, extra: Extra = {}, context?: JsonObject): Promise<Json> {
    if (typeof template === 'string') {
      const expression = expressionOf(template);
      return expression === undefined ? template : this.#evaluate(expression, location, extra, context);
    }
    if (Array.isArray(template)) {
      const items: Json[] = [];
      for (const [index, item] of template.entries()) {
        items.push(await this.#fill(item, `${location}[${index}]`, extra, context));
      }
      return items;
    }
    if (!isObject(template)) return template;
    const filled: JsonObject = {};
    for (const [name, member] of Object.entries(template)) {
      filled[name] = await this.#fill(member, `${location}/${name}`, extra, context);
    }
    return filled;
  }

  async #evaluate(expression: string, location: string, extra: Extra, context?: JsonObject): Promise<Json> {
    const blame = `The JSONata expression '${expression}' specified for the field '${location}'`;
    let value: Awaited<ReturnType<typeof evaluate>>;
    try {
      value = await evaluate(expression, this.#bindings(extra, context));
    } catch (error) {
      throw queryFailure(this.#frame, `${blame} threw an error during evaluation. ${describe(error)}`, location);
    }
    if (value === undefined) throw queryFailure(this.#frame, `${blame} returned nothing (undefined).`, location);
    if (value === UNSUPPORTED)
      throw queryFailure(this.#frame, `${blame} returned an unsupported result type.`, location);
    return value;
  }

  #bindings(extra: Extra, context: JsonObject = this.#frame.context): Record<string, unknown> {
    const { strand, input } = this.#frame;
    const { clock, options } = strand.run;
    return {
      ...stepFunctionsLibrary({ clock, newId: options.newId, random: options.random }),
      ...strand.variables.visible(),
      states: { input: input.value, context, ...extra },
    };
  }
}

function typeName(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function describe(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === undefined ? String(message) : `${String(code)}: ${String(message)}`;
}

/** Whether the text is an expression that JSONata can parse; undefined when it is fine, else what is wrong. */
export function syntaxProblem(text: string): string | undefined {
  const expression = expressionOf(text);
  if (expression === undefined) return undefined;
  try {
    compile(expression);
    return undefined;
  } catch (error) {
    // AWS leaves JSONata's code out here (floci issue 2745).
    return describe(error).replace(/^[A-Z]\d{4}: /, '');
  }
}
