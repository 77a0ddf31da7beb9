import type { Frame } from '../engine/frame';
import type { StateHandler, Transition } from '../engine/state-handler';

/** Fails with its own error and cause. */
export class FailHandler implements StateHandler {
  async run(frame: Frame): Promise<Transition> {
    throw await frame.query.failure();
  }
}
