import type { Outcome } from '../query/query';
import type { Frame } from './frame';

/** A state's outcome, and where the execution goes: nowhere at an end. */
export interface Transition extends Outcome {
  next: string | undefined;
}

/** Runs one kind of state. */
export interface StateHandler {
  run(frame: Frame): Promise<Transition>;
  /** Records that the state has failed for good, after its last retry (Parallel and Map). */
  failed?(frame: Frame): void;
}
