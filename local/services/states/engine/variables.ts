import type { Json, JsonObject } from '../json';

/**
 * Workflow variables of one scope: a state machine, a Parallel branch or a Map iteration. An inner scope reads the
 * outer ones' variables and assigns only its own.
 */
export class Variables {
  readonly #own = new Map<string, Json>();
  readonly #outer: Variables | undefined;

  constructor(outer?: Variables) {
    this.#outer = outer;
  }

  assign(values: JsonObject): void {
    for (const [name, value] of Object.entries(values)) this.#own.set(name, value);
  }

  /** Every variable that the scope can read. */
  visible(): JsonObject {
    return { ...this.#outer?.visible(), ...Object.fromEntries(this.#own) };
  }

  /** Bytes of the scope's own variables, as JSON. */
  get sizeBytes(): number {
    let sum = 0;
    for (const [name, value] of this.#own) sum += Buffer.byteLength(name) + Buffer.byteLength(JSON.stringify(value));
    return sum + (this.#outer?.sizeBytes ?? 0);
  }
}
