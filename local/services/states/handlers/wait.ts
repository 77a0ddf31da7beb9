import type { Frame } from '../engine/frame';
import type { StateHandler, Transition } from '../engine/state-runner';

/** Waits for seconds, or until a time that may have passed. */
export class WaitHandler implements StateHandler {
  async run(frame: Frame): Promise<Transition> {
    const { strand, query, state } = frame;
    const untilMs = await query.waitUntilMs();
    await strand.sleep(Math.max(0, untilMs - strand.run.clock.now()));
    return { ...(await query.passOn()), next: state.Next };
  }
}
