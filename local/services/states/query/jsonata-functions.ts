import { createHash, type Hash } from 'node:crypto';
import jsonata from 'jsonata';
import type { Clock } from '../../../clock';
import type { Json } from '../json';

const ALGORITHMS: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/** Hex digest by Step Functions' names of the algorithms. @throws Error for an unknown one */
export function hash(data: string, algorithm: string): string {
  const name = ALGORITHMS[algorithm];
  if (!name) throw new Error(`Hash algorithm must be one of [${Object.keys(ALGORITHMS).join(', ')}]`);
  const digest: Hash = createHash(name);
  return digest.update(data).digest('hex');
}

/** The array cut into pieces of `size`. @throws Error when `size` is not a positive whole number */
export function partition<T>(items: readonly T[], size: number): T[][] {
  if (!Number.isInteger(size) || size <= 0) throw new Error('The chunk size must be a positive integer');
  const pieces: T[][] = [];
  for (let start = 0; start < items.length; start += size) pieces.push(items.slice(start, start + size));
  return pieces;
}

/** At most 1,000 numbers, both ends included (Step Functions' limit). @throws Error beyond it, and for a step of 0 */
export function range(first: number, last: number, step: number): number[] {
  if (step === 0) throw new Error('The step must not be 0');
  const count = Math.max(0, Math.floor((last - first) / step) + 1);
  if (count > 1000) throw new Error('The range must not contain more than 1000 elements');
  return Array.from({ length: count }, (_, index) => first + index * step);
}

/** A number in [0, 1) that depends on the seed alone (mulberry32 over a hash of the seed). */
export function seededRandom(seed: number): number {
  let state = (Number.parseInt(hash(String(seed), 'SHA-256').slice(0, 8), 16) + 0x6d2b79f5) | 0;
  state = Math.imul(state ^ (state >>> 15), state | 1);
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
  return ((state ^ (state >>> 14)) >>> 0) / 4294967296;
}

const fromMillis = jsonata('$fromMillis(millis, picture, zone)');

/**
 * What Step Functions adds to JSONata and takes away from it ($eval), with time, chance and ids from outside
 * (AWS developer guide, transforming data with JSONata). Bound as variables: they hide the built-in ones.
 */
export function stepFunctionsLibrary(sources: { clock: Clock; newId: () => string; random: () => number }) {
  const { clock, newId, random } = sources;
  return {
    eval: undefined,
    partition: (items: Json, size: number) => partition(Array.isArray(items) ? items : [items], size),
    range,
    hash: (data: Json, algorithm = 'SHA-256') =>
      hash(typeof data === 'string' ? data : JSON.stringify(data), algorithm),
    random: (seed?: number) => (seed === undefined ? random() : seededRandom(seed)),
    uuid: () => newId(),
    parse: (text: string) => JSON.parse(text) as Json,
    millis: () => Math.floor(clock.now()),
    now: (picture?: string, zone?: string) => fromMillis.evaluate({ millis: Math.floor(clock.now()), picture, zone }),
  };
}
