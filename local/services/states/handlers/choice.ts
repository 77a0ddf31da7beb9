import { StateFailure } from '../engine/failure';
import type { Frame } from '../engine/frame';
import type { StateHandler, Transition } from '../engine/state-runner';

/** Goes to the first rule that holds, else to Default. */
export class ChoiceHandler implements StateHandler {
  async run(frame: Frame): Promise<Transition> {
    const { state, query } = frame;
    for (const [index, rule] of (state.Choices ?? []).entries()) {
      if (await query.holds(rule, index)) {
        return { ...(await query.passOn(rule)), next: String(rule['Next']) };
      }
    }
    if (state.Default === undefined) {
      throw new StateFailure(
        'States.NoChoiceMatched',
        `An error occurred while executing the state '${frame.name}' (entered at the event id #${frame.enteredEventId}). ` +
          'Failed to transition out of the state. The state does not point to a next state.',
      );
    }
    return { ...(await query.passOn()), next: state.Default };
  }
}
