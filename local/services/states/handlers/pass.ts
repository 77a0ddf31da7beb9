import type { Frame } from '../engine/frame';
import type { StateHandler, Transition } from '../engine/state-handler';
import { Payload } from '../json';

/** Hands its input on, reshaped; in JSONPath its `Result` stands for a task's. */
export class PassHandler implements StateHandler {
  async run(frame: Frame): Promise<Transition> {
    const { state, query } = frame;
    const result = await query.arguments();
    const outcome = await query.output(state.Result === undefined ? result : new Payload(state.Result));
    return { ...outcome, next: state.Next };
  }
}
