import type { StateFailure } from '../engine/failure';

/** What a catcher gets; a time-out has an empty cause, a nameless failure has nulls (recordings of 2024-04 and 2024-11). */
export function errorOutput(failure: StateFailure): { Error: string | null; Cause: string | null } {
  const { error, failureCause } = failure;
  return { Error: error ?? null, Cause: failureCause ?? (error === 'States.Timeout' ? '' : null) };
}
