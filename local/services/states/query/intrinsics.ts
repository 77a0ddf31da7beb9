import { isObject, type Json, type JsonObject } from '../json';
import { hash, partition, range, seededRandom } from './jsonata-functions';

/** Where intrinsic functions get chance and ids from. */
export interface IntrinsicSources {
  random: () => number;
  newId: () => string;
}

/** An intrinsic function that cannot be parsed or rejects its arguments. */
export class IntrinsicProblem extends Error {}

type Intrinsic = (args: Json[], sources: IntrinsicSources) => Json;

/** States.* of JSONPath states (Amazon States Language, Appendix B). */
export const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  'States.Format': ([template, ...values]) => format(text(template), values),
  'States.StringToJson': ([value]) => (text(value) === '' ? '' : parse(text(value))),
  'States.JsonToString': ([value]) => JSON.stringify(value),
  'States.Array': (args) => args,
  'States.ArrayPartition': ([items, size]) => partition(array(items), integer(size)),
  'States.ArrayContains': ([items, item]) => array(items).some((candidate) => isSame(candidate, item)),
  'States.ArrayRange': ([first, last, step]) => range(integer(first), integer(last), integer(step)),
  'States.ArrayGetItem': ([items, index]) => itemAt(array(items), integer(index)),
  'States.ArrayLength': ([items]) => array(items).length,
  'States.ArrayUnique': ([items]) => unique(array(items)),
  'States.Base64Encode': ([value]) => Buffer.from(text(value)).toString('base64'),
  'States.Base64Decode': ([value]) => Buffer.from(text(value), 'base64').toString(),
  'States.Hash': ([data, algorithm]) => hash(typeof data === 'string' ? data : JSON.stringify(data), text(algorithm)),
  'States.JsonMerge': ([first, second, deep]) => merge(object(first), object(second), deep),
  'States.MathRandom': ([first, last, seed], { random }) => {
    const chance = seed === undefined ? random() : seededRandom(integer(seed));
    return integer(first) + Math.floor(chance * (integer(last) - integer(first)));
  },
  'States.MathAdd': ([first, second]) => integer(first) + integer(second),
  'States.StringSplit': ([value, delimiters]) => split(text(value), text(delimiters)),
  'States.UUID': (_args, { newId }) => newId(),
};

function format(template: string, values: readonly Json[]): string {
  let used = 0;
  const filled = template.replace(/\\([{}'\\])|\{\}/g, (_match, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped;
    const value = values[used++];
    if (value === undefined) throw new IntrinsicProblem(`No value for placeholder ${used} of '${template}'`);
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
  if (used !== values.length) throw new IntrinsicProblem(`Expected ${used} values but got ${values.length}`);
  return filled;
}

function parse(value: string): Json {
  try {
    return JSON.parse(value) as Json;
  } catch (error) {
    throw new IntrinsicProblem(error instanceof Error ? error.message : String(error));
  }
}

function itemAt(items: readonly Json[], index: number): Json {
  const item = items[index];
  if (item === undefined) throw new IntrinsicProblem(`Index ${index} is out of bounds for ${items.length} items`);
  return item;
}

function unique(items: readonly Json[]): Json[] {
  return items.filter((item, index) => items.findIndex((other) => isSame(other, item)) === index);
}

function merge(first: JsonObject, second: JsonObject, deep: Json | undefined): JsonObject {
  if (deep !== false) throw new IntrinsicProblem('Only shallow merging is supported: the third argument must be false');
  return { ...first, ...second };
}

/** Every character of `delimiters` splits; empty pieces vanish. */
function split(value: string, delimiters: string): string[] {
  if (delimiters === '') return [value];
  const pieces: string[] = [''];
  for (const character of value) {
    if (delimiters.includes(character)) pieces.push('');
    else pieces.push((pieces.pop() ?? '') + character);
  }
  return pieces.filter((piece) => piece !== '');
}

function isSame(first: Json, second: Json | undefined): boolean {
  if (isObject(first) && isObject(second)) {
    const names = Object.keys(first);
    return (
      names.length === Object.keys(second).length && names.every((name) => isSame(first[name] ?? null, second[name]))
    );
  }
  return JSON.stringify(first) === JSON.stringify(second);
}

function text(value: Json | undefined): string {
  if (typeof value !== 'string') throw new IntrinsicProblem(`Expected a string but got ${JSON.stringify(value)}`);
  return value;
}

function array(value: Json | undefined): Json[] {
  if (!Array.isArray(value)) throw new IntrinsicProblem(`Expected an array but got ${JSON.stringify(value)}`);
  return value;
}

function object(value: Json | undefined): JsonObject {
  if (!isObject(value)) throw new IntrinsicProblem(`Expected an object but got ${JSON.stringify(value)}`);
  return value;
}

function integer(value: Json | undefined): number {
  if (typeof value !== 'number') throw new IntrinsicProblem(`Expected a number but got ${JSON.stringify(value)}`);
  return Math.round(value);
}
