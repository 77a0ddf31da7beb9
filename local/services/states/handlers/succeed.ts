import type { Frame } from '../engine/frame';
import type { StateHandler, Transition } from '../engine/state-handler';

/** Ends its state machine, branch or iteration. */
export class SucceedHandler implements StateHandler {
  async run(frame: Frame): Promise<Transition> {
    return { ...(await frame.query.passOn()), next: undefined };
  }
}
