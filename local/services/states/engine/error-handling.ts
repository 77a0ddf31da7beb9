import type { Catcher, Retrier } from '../definition/types';
import type { StateFailure } from './failure';

/** Retry's defaults (Amazon States Language). */
const DEFAULTS = { intervalSeconds: 1, maxAttempts: 3, backoffRate: 2 };

/**
 * Whether one name of ErrorEquals means this failure. States.TaskFailed matches all but States.Timeout;
 * States.Runtime is matched by neither wildcard (AWS developer guide, error handling; recording test_catch_states_runtime).
 */
export function matches(names: readonly string[], failure: StateFailure): boolean {
  const { error } = failure;
  return names.some((name) => {
    if (error !== undefined && name === error) return true;
    if (name === 'States.HeartbeatTimeout') return failure.missedHeartbeat;
    if (error === 'States.Runtime') return false;
    return name === 'States.ALL' || (name === 'States.TaskFailed' && error !== 'States.Timeout');
  });
}

export function findCatcher(catchers: readonly Catcher[] | undefined, failure: StateFailure): Catcher | undefined {
  return catchers?.find((catcher) => matches(catcher.ErrorEquals, failure));
}

/** Counts the attempts of one visit of a state; every retrier has its own count. */
export class Retries {
  readonly #retriers: readonly Retrier[];
  readonly #random: () => number;
  readonly #used = new Map<Retrier, number>();

  constructor(retriers: readonly Retrier[] | undefined, random: () => number) {
    this.#retriers = retriers ?? [];
    this.#random = random;
  }

  /** Milliseconds until the next attempt; undefined when there is none. */
  nextDelayMs(failure: StateFailure): number | undefined {
    const retrier = this.#retriers.find((candidate) => matches(candidate.ErrorEquals, failure));
    if (!retrier) return undefined;
    const used = this.#used.get(retrier) ?? 0;
    if (used >= (retrier.MaxAttempts ?? DEFAULTS.maxAttempts)) return undefined;
    this.#used.set(retrier, used + 1);
    const grown =
      (retrier.IntervalSeconds ?? DEFAULTS.intervalSeconds) * (retrier.BackoffRate ?? DEFAULTS.backoffRate) ** used;
    const seconds = Math.min(grown, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
    return seconds * 1000 * (retrier.JitterStrategy === 'FULL' ? this.#random() : 1);
  }
}
