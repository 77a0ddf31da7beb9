import type { Frame } from '../engine/frame';
import type { StateHandler, Transition } from '../engine/state-handler';
import type { Payload } from '../json';
import { Group, succeed } from './group';

/** AWS runs at most 40 inline iterations at once. */
const MAX_INLINE_CONCURRENCY = 40;

/** Runs its item processor for each item (inline mode); its result is the array of the outputs. */
export class MapHandler implements StateHandler {
  async run(frame: Frame): Promise<Transition> {
    const { strand, state, query } = frame;
    const items = await query.items();
    const limit = (await query.maxConcurrency()) || MAX_INLINE_CONCURRENCY;
    strand.record('MapStateStarted', { mapStateStartedEventDetails: { length: items.length } });
    const outputs = await new Iterations(frame, items).run(limit);
    return { ...(await succeed(frame, 'MapStateSucceeded', outputs)), next: state.Next };
  }

  failed(frame: Frame): void {
    frame.strand.record('MapStateFailed');
  }
}

class Iterations {
  readonly #outputs: Payload[] = [];
  readonly #group: Group;
  #succeededEventId: number | undefined;
  #next = 0;

  constructor(
    private readonly frame: Frame,
    private readonly items: readonly Payload[],
  ) {
    this.#group = new Group(frame);
  }

  async run(limit: number): Promise<Payload[]> {
    const { strand } = this.frame;
    while (this.#next < this.items.length || this.#group.unfinished > 0) {
      while (this.#next < this.items.length && this.#group.unfinished < limit) await this.#start(this.#next++);
      await this.#group.finished();
    }
    // The next iteration follows the last event *inside* the one before; the end follows MapIterationSucceeded.
    if (this.#succeededEventId !== undefined) strand.lastEventId = this.#succeededEventId;
    return this.#outputs;
  }

  async #start(index: number): Promise<void> {
    const { strand, query, name, state } = this.frame;
    const item = this.items[index];
    const program = state.ItemProcessor ?? state.Iterator;
    if (!item || !program) throw new Error(`Map state '${name}' has no item ${index} or no processor.`);
    const details = { name, index };
    const input = await query.itemInput(item, index);
    const lastEventId = strand.note('MapIterationStarted', { mapIterationStartedEventDetails: details });
    this.#group.add(
      {
        program,
        input,
        lastEventId,
        mapContext: { Item: { Index: index, Value: item.value } },
        succeeded: (iteration) => {
          this.#succeededEventId = iteration.note('MapIterationSucceeded', {
            mapIterationSucceededEventDetails: details,
          });
        },
        failed: (iteration) => iteration.note('MapIterationFailed', { mapIterationFailedEventDetails: details }),
        aborted: () => strand.note('MapIterationAborted', { mapIterationAbortedEventDetails: details }),
      },
      (output) => {
        this.#outputs[index] = output;
      },
    );
  }
}
