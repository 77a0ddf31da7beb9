import { JSONPath } from 'jsonpath-plus';
import { isObject, type Json, type JsonObject } from '../json';

/** What paths can begin at: `$`, `$$` and `$name`. */
export interface PathSources {
  input: Json;
  context: JsonObject;
  variables: JsonObject;
}

/** A definite path that leads nowhere, in the words of the Java library that AWS uses (Jayway JsonPath). */
export class PathNotFound extends Error {}

type Step = string | number;

const STEP = /^(?:\.([^.[\]*?()@,:\s]+)|\[\s*'((?:[^'\\]|\\.)*)'\s*\]|\[\s*"((?:[^"\\]|\\.)*)"\s*\]|\[\s*(-?\d+)\s*\])/;

/** Steps of a definite path, the leading `$` removed; undefined when it may select many values. */
export function definiteSteps(rest: string): Step[] | undefined {
  const steps: Step[] = [];
  let text = rest;
  while (text !== '') {
    const match = STEP.exec(text);
    if (!match) return undefined;
    const [whole, name, single, double, index] = match;
    steps.push(
      index !== undefined
        ? Number(index)
        : (name ?? (single !== undefined ? withoutEscapes(single, "'") : withoutEscapes(double ?? '', '"'))),
    );
    text = text.slice(whole.length);
  }
  return steps;
}

/** Only the quote that ends the name is escaped (recording test_escape_sequence_parsing[ESCAPE_SEQUENCES_JSONPATH]). */
function withoutEscapes(text: string, quote: string): string {
  return text.replaceAll(`\\${quote}`, quote);
}

/**
 * The value that a path selects; a path with wildcards, slices or filters always yields an array.
 * @param options.isLenient an index past the end yields null, as in payload templates (floci pull request 3167)
 * @throws PathNotFound for a definite path without a value
 */
export function selectPath(path: string, sources: PathSources, options: { isLenient?: boolean } = {}): Json {
  const { root, rest, known } = rootOf(path, sources);
  if (!known) throw new PathNotFound(`No results for path: ${path}`);
  const steps = definiteSteps(rest);
  if (steps) return walk(root, steps, options.isLenient ?? false);
  if (root === null || typeof root !== 'object') return [];
  const found: unknown = JSONPath({ path: `$${rest}`, json: root, wrap: true, eval: 'safe' });
  return (found ?? []) as Json;
}

function rootOf(path: string, sources: PathSources): { root: Json; rest: string; known: boolean } {
  if (path.startsWith('$$')) return { root: sources.context, rest: path.slice(2), known: true };
  const [, name = '', rest = ''] = /^\$([\p{L}_][\p{L}\p{N}_]*)?(.*)$/su.exec(path) ?? [];
  if (name === '') return { root: sources.input, rest: path.slice(1), known: true };
  const value = sources.variables[name];
  return { root: value ?? null, rest, known: value !== undefined };
}

function walk(root: Json, steps: readonly Step[], isLenient: boolean): Json {
  let value: Json = root;
  for (const [index, step] of steps.entries()) {
    const next: Json | undefined = member(value, step);
    if (next === undefined) {
      const here = describe(steps.slice(0, index + 1));
      if (typeof step === 'number' && isLenient && Array.isArray(value)) return null;
      if (typeof step === 'number') throw new PathNotFound(`Index out of bounds when evaluating path ${here}`);
      const isLast = index === steps.length - 1;
      throw new PathNotFound(isLast ? `No results for path: ${here}` : `Missing property in path ${here}`);
    }
    value = next;
  }
  return value;
}

function member(value: Json, step: Step): Json | undefined {
  if (typeof step === 'number') return Array.isArray(value) ? value.at(step) : undefined;
  return isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

function describe(steps: readonly Step[]): string {
  return `$${steps.map((step) => (typeof step === 'number' ? `[${step}]` : `['${step}']`)).join('')}`;
}

/** `input` with `value` put at a reference path, objects made on the way as needed. */
export function putAtPath(input: Json, path: string, value: Json): Json {
  const steps = definiteSteps(path.slice(1));
  if (!steps) throw new PathNotFound(`Invalid reference path: ${path}`);
  return put(input, steps, value);
}

function put(target: Json, steps: readonly Step[], value: Json): Json {
  const [step, ...others] = steps;
  if (step === undefined) return value;
  if (typeof step === 'number') {
    if (!Array.isArray(target) || step >= target.length) throw new PathNotFound(`Index out of bounds: ${step}`);
    return target.map((item, index) => (index === step ? put(item, others, value) : item));
  }
  const base = isObject(target) ? target : {};
  return { ...base, [step]: put(base[step] ?? {}, others, value) };
}
