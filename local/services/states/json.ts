/** JSON values, and the text that Step Functions keeps for them. */

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A state's input or output. AWS carries the text along: an input that no state changed appears in the history
 * as the caller wrote it, blanks included (LocalStack recording test_parallel_state_nested).
 */
export class Payload {
  readonly value: Json;
  #text: string | undefined;

  constructor(value: Json, text?: string) {
    this.value = value;
    this.#text = text;
  }

  /** @throws SyntaxError when `text` is not JSON */
  static parse(text: string): Payload {
    return new Payload(JSON.parse(text) as Json, text);
  }

  /** The outputs of branches, as one array. */
  static join(items: readonly Payload[]): Payload {
    return new Payload(
      items.map((item) => item.value),
      `[${items.map((item) => item.text).join(',')}]`,
    );
  }

  get text(): string {
    this.#text ??= JSON.stringify(this.value);
    return this.#text;
  }

  get sizeBytes(): number {
    return Buffer.byteLength(this.text);
  }
}

/** The largest input, output, result or variable: 262,144 bytes of UTF-8. */
export const MAX_PAYLOAD_BYTES = 262_144;

/** A copy made of plain JSON values: dates become ISO text, undefined members vanish, bytes become base64. */
export function toJson(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, member]) => member !== undefined && typeof member !== 'function');
    return Object.fromEntries(entries.map(([key, member]) => [key, toJson(member)]));
  }
  return String(value);
}
