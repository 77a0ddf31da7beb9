import type { QueryLanguage, StateDefinition } from '../definition/types';
import type { JsonObject, Payload } from '../json';
import type { StateQuery } from '../query/query';
import type { Strand } from './strand';

/** One visit of one state: what its handler, its queries and its error messages need to know. */
export class Frame {
  readonly strand: Strand;
  readonly name: string;
  readonly state: StateDefinition;
  readonly language: QueryLanguage;
  readonly input: Payload;
  readonly enteredEventId: number;
  readonly query: StateQuery;
  readonly #enteredAtMs: number;
  retryCount = 0;
  /** Set while a callback task waits. */
  taskToken: string | undefined;

  constructor(
    strand: Strand,
    visit: { name: string; state: StateDefinition; input: Payload; enteredEventId: number },
    createQuery: (frame: Frame) => StateQuery,
  ) {
    this.strand = strand;
    this.name = visit.name;
    this.state = visit.state;
    this.input = visit.input;
    this.enteredEventId = visit.enteredEventId;
    // States inside a Map or Parallel follow the machine, not the state around them (floci issue 2968).
    this.language = visit.state.QueryLanguage ?? strand.run.language;
    this.#enteredAtMs = strand.run.clock.now();
    this.query = createQuery(this);
  }

  /** The context object: `$states.context` and `$$`. */
  get context(): JsonObject {
    const canRetry = this.state.Type === 'Task' || this.state.Type === 'Parallel' || this.state.Type === 'Map';
    return {
      ...this.strand.run.context,
      State: {
        Name: this.name,
        EnteredTime: new Date(this.#enteredAtMs).toISOString(),
        ...(canRetry && { RetryCount: this.retryCount }),
      },
      ...(this.strand.mapContext && { Map: this.strand.mapContext }),
      ...(this.taskToken !== undefined && { Task: { Token: this.taskToken } }),
    };
  }
}
