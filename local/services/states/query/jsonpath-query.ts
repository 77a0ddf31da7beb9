import type { Catcher, ChoiceRule } from '../definition/types';
import { runtimeFailure, StateFailure } from '../engine/failure';
import type { Frame } from '../engine/frame';
import { isObject, type Json, type JsonObject, Payload } from '../json';
import { ChoiceRules } from './choice-rules';
import { errorOutput } from './error-output';
import { putAtPath, selectPath } from './jsonpath';
import { evaluateText, fillTemplate, TemplateProblem, type TemplateSources } from './payload-template';
import type { Outcome, StateQuery } from './query';
import { waitUntilMs } from './wait-paths';

/** A state in JSONPath: InputPath, Parameters, ResultSelector, ResultPath, OutputPath and the …Path fields. */
export class JsonPathQuery implements StateQuery {
  readonly #frame: Frame;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  async arguments(): Promise<Payload> {
    const input = this.#effectiveInput();
    const { Parameters: template } = this.#frame.state;
    return template === undefined ? input : new Payload(this.#fill(template, input.value));
  }

  async passOn(rule?: ChoiceRule): Promise<Outcome> {
    const { state } = this.#frame;
    const input = this.#effectiveInput();
    return this.#finish(this.#narrow(input, 'OutputPath'), rule ? rule['Assign'] : state.Assign, input.value);
  }

  async output(result: Payload): Promise<Outcome> {
    const { state, input } = this.#frame;
    const selected =
      state.ResultSelector === undefined ? result : new Payload(this.#fill(state.ResultSelector, result.value));
    const placed = this.#place(input, state.ResultPath, selected);
    return this.#finish(this.#narrow(placed, 'OutputPath'), state.Assign, result.value);
  }

  async caught(catcher: Catcher, failure: StateFailure): Promise<Outcome> {
    const result = new Payload(errorOutput(failure));
    return this.#finish(this.#place(this.#frame.input, catcher.ResultPath, result), catcher.Assign, result.value);
  }

  async seconds(field: 'TimeoutSeconds' | 'HeartbeatSeconds'): Promise<number | undefined> {
    const { state } = this.#frame;
    const path = state[`${field}Path`];
    const value = path === undefined ? state[field] : this.#select(path, this.#frame.input.value);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
    throw runtimeFailure(
      this.#frame,
      `The ${field}Path field refers to value "${JSON.stringify(value)}" which is not a valid integer: ${path}`,
    );
  }

  async waitUntilMs(): Promise<number> {
    return waitUntilMs(this.#frame, (path) => selectPath(path, this.#sources(this.#effectiveInput().value)));
  }

  async failure(): Promise<StateFailure> {
    const { state } = this.#frame;
    return new StateFailure(
      this.#text('ErrorPath', state.ErrorPath) ?? state.Error,
      this.#text('CausePath', state.CausePath) ?? state.Cause,
    );
  }

  async holds(rule: ChoiceRule): Promise<boolean> {
    const sources = this.#sources(this.#effectiveInput().value);
    return new ChoiceRules(this.#frame, (path) => selectPath(path, sources)).holds(rule);
  }

  async items(): Promise<Payload[]> {
    const { ItemsPath: path = '$' } = this.#frame.state;
    const items = this.#select(path, this.#effectiveInput().value);
    if (!Array.isArray(items)) throw runtimeFailure(this.#frame, `Reference path "${path}" must point to array.`);
    return items.map((item) => new Payload(item));
  }

  async itemInput(item: Payload, index: number): Promise<Payload> {
    const { ItemSelector, Parameters } = this.#frame.state;
    const template = ItemSelector ?? Parameters;
    if (template === undefined) return item;
    const context = { ...this.#frame.context, Map: { Item: { Index: index, Value: item.value } } };
    return new Payload(this.#fill(template, this.#effectiveInput().value, context));
  }

  async maxConcurrency(): Promise<number> {
    const { MaxConcurrency: fixed, MaxConcurrencyPath: path } = this.#frame.state;
    if (path === undefined) return Number(fixed ?? 0);
    const value = this.#select(path, this.#effectiveInput().value);
    if (typeof value === 'number' && Number.isInteger(value)) return value;
    const shown = typeof value === 'string' ? value : JSON.stringify(value);
    throw runtimeFailure(
      this.#frame,
      `The MaxConcurrencyPath field refers to value "${shown}" which is not a valid integer: ${path}`,
    );
  }

  /** The input after InputPath. */
  #effectiveInput(): Payload {
    return this.#narrow(this.#frame.input, 'InputPath');
  }

  #narrow(payload: Payload, field: 'InputPath' | 'OutputPath'): Payload {
    const path = this.#frame.state[field];
    if (path === undefined || path === '$') return payload;
    return new Payload(path === null ? {} : this.#select(path, payload.value));
  }

  #place(input: Payload, path: string | null | undefined, result: Payload): Payload {
    if (path === undefined || path === '$') return result;
    if (path === null) return input;
    try {
      return new Payload(putAtPath(input.value, path, result.value));
    } catch {
      throw new StateFailure(
        'States.ResultPathMatchFailure',
        `Unable to apply step output to ResultPath '${path}' of input ${input.text}`,
      );
    }
  }

  #finish(output: Payload, assign: Json | undefined, value: Json): Outcome {
    return isObject(assign) ? { output, assigned: this.#fill(assign, value) as JsonObject } : { output };
  }

  #select(path: string, input: Json): Json {
    try {
      return selectPath(path, this.#sources(input));
    } catch (error) {
      throw runtimeFailure(this.#frame, `Invalid path '${path}' : ${messageOf(error)}`);
    }
  }

  #fill(template: Json, input: Json, context?: JsonObject): Json {
    try {
      return fillTemplate(template, this.#sources(input, context));
    } catch (error) {
      if (!(error instanceof TemplateProblem)) throw error;
      throw this.#notFound(error.expression, error.field, error.cause, input);
    }
  }

  #text(field: 'ErrorPath' | 'CausePath', expression: string | undefined): string | undefined {
    if (expression === undefined) return undefined;
    const { value } = this.#frame.input;
    try {
      return String(evaluateText(expression, this.#sources(value)));
    } catch (error) {
      throw this.#notFound(expression, field, error, value);
    }
  }

  #notFound(expression: string, field: string, cause: unknown, input: Json): StateFailure {
    return runtimeFailure(
      this.#frame,
      expression.startsWith('States.')
        ? `The function '${expression}' had the following error: ${messageOf(cause)}`
        : `The JSONPath '${expression}' specified for the field '${field}' could not be found in the input '${JSON.stringify(input)}'`,
    );
  }

  #sources(input: Json, context: JsonObject = this.#frame.context): TemplateSources {
    const { strand } = this.#frame;
    const { newId, random } = strand.run.options;
    return { input, context, variables: strand.variables.visible(), newId, random };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
