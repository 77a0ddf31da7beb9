import type { Frame } from '../engine/frame';
import type { StateHandler, Transition } from '../engine/state-handler';
import type { Payload } from '../json';
import { Group, succeed } from './group';

/** Runs its branches side by side; its result is the array of their outputs. */
export class ParallelHandler implements StateHandler {
  async run(frame: Frame): Promise<Transition> {
    const { strand, state, query } = frame;
    const input = await query.arguments();
    const lastEventId = strand.record('ParallelStateStarted');
    const outputs: Payload[] = [];
    const group = new Group(frame);
    for (const [index, program] of (state.Branches ?? []).entries()) {
      group.add({ program, input, lastEventId }, (output) => {
        outputs[index] = output;
      });
    }
    while (group.unfinished > 0) await group.finished();
    return { ...(await succeed(frame, 'ParallelStateSucceeded', outputs)), next: state.Next };
  }

  failed(frame: Frame): void {
    frame.strand.record('ParallelStateFailed');
  }
}
