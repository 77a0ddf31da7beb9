import type { Frame } from '../engine/frame';
import type { StateHandler, Transition } from '../engine/state-handler';

/** Waits for seconds, or until a time that may have passed. */
export class WaitHandler implements StateHandler {
  async run(frame: Frame): Promise<Transition> {
    const { strand, query, state } = frame;
    const delayMs = (await query.waitUntilMs()) - strand.run.clock.now();
    if (delayMs > 0) await strand.sleep(delayMs);
    return { ...(await query.passOn()), next: state.Next };
  }
}
