import type { HistoryEventType } from '@aws-sdk/client-sfn';
import type { Clock, Timer } from '../../../clock';
import type { Program, QueryLanguage } from '../definition/types';
import type { JsonObject, Payload } from '../json';
import { Halted } from './failure';
import type { EventDetails } from './history';
import type { RunOptions } from './run-options';
import type { Turns } from './turns';
import { Variables } from './variables';

/** A state type whose abortion AWS records when a sibling's failure ends it. */
export type AbortableState = 'Task' | 'Wait' | 'Map' | 'Parallel';

/** An execution (run.ts), as its strands and the visits of states see it. */
export interface Execution {
  readonly options: RunOptions;
  readonly clock: Clock;
  readonly turns: Turns;
  readonly startedAtMs: number;
  readonly language: QueryLanguage;
  /** `Execution` and `StateMachine` of the context object. */
  readonly context: JsonObject;
  append(type: HistoryEventType, previousEventId: number, details?: EventDetails): number;
  runProgram(strand: Strand, program: Program, input: Payload): Promise<Payload>;
}

/**
 * One line of execution: the state machine itself, a Parallel branch or a Map iteration. It knows its last event,
 * its variables, and how to end everything that it waits for.
 */
export class Strand {
  readonly run: Execution;
  readonly parent: Strand | undefined;
  readonly variables: Variables;
  /** `Map` of the context object inside an iteration. */
  readonly mapContext: JsonObject | undefined;
  lastEventId: number;
  /** The state that would be recorded as aborted now. */
  current: AbortableState | undefined;
  #halted = false;
  readonly #undo = new Set<() => void>();
  readonly children = new Set<Strand>();

  constructor(run: Execution, options: { parent?: Strand; mapContext?: JsonObject; lastEventId: number }) {
    this.run = run;
    this.parent = options.parent;
    this.variables = new Variables(options.parent?.variables);
    this.mapContext = options.mapContext ?? options.parent?.mapContext;
    this.lastEventId = options.lastEventId;
    options.parent?.children.add(this);
  }

  get isHalted(): boolean {
    return this.#halted;
  }

  /** Records an event that the next one of this strand follows. */
  record(type: HistoryEventType, details?: EventDetails): number {
    this.lastEventId = this.note(type, details);
    return this.lastEventId;
  }

  /** Records an event that the next one does not refer to. */
  note(type: HistoryEventType, details?: EventDetails): number {
    if (this.#halted) throw new Halted();
    return this.run.append(type, this.lastEventId, details);
  }

  /** Ends the strand and all below it: timers are cancelled, waits reject, nothing more is recorded. */
  halt(): void {
    if (this.#halted) return;
    this.#halted = true;
    for (const child of this.children) child.halt();
    const undo = [...this.#undo];
    this.#undo.clear();
    for (const step of undo) step();
  }

  /** Takes it off its parent once it has finished. */
  detach(): void {
    this.parent?.children.delete(this);
  }

  /** Runs `step` when the strand is ended from outside; returns how to forget it. */
  onHalt(step: () => void): () => void {
    this.#undo.add(step);
    return () => this.#undo.delete(step);
  }

  /**
   * Waits for something outside, letting other strands run meanwhile.
   * @throws Halted when the strand is ended while it waits
   */
  async wait<T>(
    start: (settle: { resolve: (value: T) => void; reject: (error: unknown) => void }) => () => void,
  ): Promise<T> {
    let stop = () => {};
    let undo = () => {};
    const promise = new Promise<T>((resolve, reject) => {
      stop = start({ resolve, reject });
      undo = () => {
        stop();
        reject(new Halted());
      };
    });
    const forget = this.onHalt(undo);
    this.run.turns.release();
    try {
      return await promise;
    } finally {
      stop();
      forget();
      await this.#resume();
    }
  }

  async #resume(): Promise<void> {
    await this.run.turns.take();
    if (this.#halted) throw new Halted();
  }

  /** Waits for a promise that cannot be cancelled; its late result is dropped when the strand has ended. */
  waitFor<T>(promise: Promise<T>): Promise<T> {
    return this.wait<T>(({ resolve, reject }) => {
      promise.then(resolve, reject);
      return () => {};
    });
  }

  /** Waits on the clock. */
  sleep(delayMs: number): Promise<void> {
    return this.wait<void>(({ resolve }) => {
      const timer: Timer = this.run.clock.schedule(delayMs, () => resolve());
      return () => timer.cancel();
    });
  }

  /** Lets strands that stand in line run first. */
  yield(): Promise<void> {
    return this.waitFor(Promise.resolve());
  }
}
