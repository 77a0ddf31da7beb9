import type { ChoiceRule } from '../definition/types';
import { runtimeFailure } from '../engine/failure';
import type { Frame } from '../engine/frame';
import { isObject, type Json } from '../json';
import { COMPARISONS, TYPE_TESTS } from './choice-operators';

/** Decides JSONPath Choice rules for one visit of a state. */
export class ChoiceRules {
  readonly #frame: Frame;
  readonly #select: (path: string) => Json;

  /** @param select throws for a path without a value */
  constructor(frame: Frame, select: (path: string) => Json) {
    this.#frame = frame;
    this.#select = select;
  }

  holds(rule: Json | undefined): boolean {
    if (!isObject(rule)) return false;
    if (Array.isArray(rule['And'])) return rule['And'].every((part) => this.holds(part));
    if (Array.isArray(rule['Or'])) return rule['Or'].some((part) => this.holds(part));
    if (rule['Not'] !== undefined) return !this.holds(rule['Not']);
    return this.#comparison(rule);
  }

  #comparison(rule: ChoiceRule): boolean {
    const path = String(rule['Variable']);
    if (rule['IsPresent'] !== undefined) return this.#isPresent(path) === rule['IsPresent'];
    const value = this.#value(path);
    for (const [operator, operand] of Object.entries(rule)) {
      const test = TYPE_TESTS[operator];
      if (test) return test(value) === operand;
      const compare = COMPARISONS[operator.replace(/Path$/, '')];
      if (compare) return compare(value, operator.endsWith('Path') ? this.#value(String(operand)) : operand);
    }
    return false;
  }

  #isPresent(path: string): boolean {
    try {
      this.#select(path);
      return true;
    } catch {
      return false;
    }
  }

  #value(path: string): Json {
    try {
      return this.#select(path);
    } catch {
      throw runtimeFailure(
        this.#frame,
        `Invalid path '${path}': The choice state's condition path references an invalid value.`,
      );
    }
  }
}
