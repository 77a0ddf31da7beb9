import { runtimeFailure } from '../engine/failure';
import type { Frame } from '../engine/frame';
import type { StateHandler, Transition } from '../engine/state-handler';

/** Goes to the first rule that holds, else to Default. */
export class ChoiceHandler implements StateHandler {
  async run(frame: Frame): Promise<Transition> {
    const { state, query } = frame;
    for (const [index, rule] of (state.Choices ?? []).entries()) {
      if (await query.holds(rule, index)) {
        return { ...(await query.passOn({ rule, index })), next: String(rule['Next']) };
      }
    }
    if (state.Default === undefined) {
      // Recorded so on AWS; States.NoChoiceMatched stands in the documentation only (floci pull request 3167).
      const problem = 'Failed to transition out of the state. The state does not point to a next state.';
      throw runtimeFailure(frame, problem);
    }
    return { ...(await query.passOn()), next: state.Default };
  }
}
