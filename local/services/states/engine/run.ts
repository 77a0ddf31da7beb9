import type { ExecutionStatus, HistoryEventType } from '@aws-sdk/client-sfn';
import type { Clock, Timer } from '../../../clock';
import type { Program, QueryLanguage } from '../definition/types';
import type { JsonObject, Payload } from '../json';
import { asFailure, Halted, StateFailure } from './failure';
import { type EventDetails, failureDetails, History, inputDetails, outputDetails } from './history';
import type { RunOptions } from './run-options';
import { runProgram } from './state-runner';
import { type Execution, Strand } from './strand';
import { Turns } from './turns';

/** How an execution ended. */
export interface RunEnd {
  status: Exclude<ExecutionStatus, 'RUNNING' | 'PENDING_REDRIVE'>;
  output?: Payload;
  error?: string | undefined;
  cause?: string | undefined;
}

/** One execution: its history, its turns, and its end. Nothing runs before `start`. */
export class Run implements Execution {
  readonly clock: Clock;
  readonly turns = new Turns();
  readonly history: History;
  readonly startedAtMs: number;
  readonly options: RunOptions;
  /** `Execution` and `StateMachine` of the context object. */
  readonly context: JsonObject;
  readonly #root: Strand;
  readonly #onEnd: (end: RunEnd) => void;
  #deadline: Timer | undefined;
  #ended = false;

  constructor(options: RunOptions, onEnd: (end: RunEnd) => void) {
    this.options = options;
    this.clock = options.clock;
    this.history = new History(options.clock);
    this.startedAtMs = options.clock.now();
    this.#onEnd = onEnd;
    this.#root = new Strand(this, { lastEventId: 0 });
    this.context = {
      Execution: {
        Id: options.executionArn,
        Input: options.input.value,
        StartTime: new Date(this.startedAtMs).toISOString(),
        Name: options.name,
        RoleArn: options.stateMachine.roleArn,
        RedriveCount: 0,
      },
      StateMachine: { Id: options.stateMachine.arn, Name: options.stateMachine.name },
    };
  }

  get language(): QueryLanguage {
    return this.options.stateMachine.definition.QueryLanguage ?? 'JSONPath';
  }

  /** Runs states in a strand that has the turn; what branches run through. */
  runProgram(strand: Strand, program: Program, input: Payload): Promise<Payload> {
    return runProgram(strand, program, input);
  }

  start(): void {
    const { definition, roleArn } = this.options.stateMachine;
    this.history.append('ExecutionStarted', 0, {
      executionStartedEventDetails: { ...inputDetails(this.options.input), roleArn },
    });
    if (definition.TimeoutSeconds !== undefined) {
      this.#deadline = this.clock.schedule(definition.TimeoutSeconds * 1000, () => this.timeOut());
    }
    void this.#execute();
  }

  /** StopExecution: no Catch, no other event (LocalStack recording test_stop_execution: it follows event 0). */
  abort(error?: string, cause?: string): void {
    const details = failureDetails({ error, failureCause: cause });
    this.#end({ status: 'ABORTED', error, cause }, 'ExecutionAborted', 0, { executionAbortedEventDetails: details });
  }

  /** The state machine's own TimeoutSeconds: no Catch either; the error stands in the event only (floci issue 2733). */
  timeOut(): void {
    this.#end({ status: 'TIMED_OUT' }, 'ExecutionTimedOut', 0, {
      executionTimedOutEventDetails: { error: 'States.Timeout' },
    });
  }

  /** Stops without a trace: nothing is recorded, nobody is told. */
  discard(): void {
    this.#ended = true;
    this.#deadline?.cancel();
    this.#root.halt();
  }

  append(type: HistoryEventType, previousEventId: number, details?: EventDetails): number {
    if (this.history.isFull) {
      this.#fail(
        new StateFailure('States.Runtime', 'The execution reached the maximum number of history events (25000).'),
        previousEventId,
      );
      throw new Halted();
    }
    return this.history.append(type, previousEventId, details);
  }

  async #execute(): Promise<void> {
    await this.turns.take();
    try {
      const output = await runProgram(this.#root, this.options.stateMachine.definition, this.options.input);
      this.#end({ status: 'SUCCEEDED', output }, 'ExecutionSucceeded', this.#root.lastEventId, {
        executionSucceededEventDetails: outputDetails(output),
      });
    } catch (error) {
      if (!(error instanceof Halted)) this.#fail(asFailure(error), this.#root.lastEventId);
    } finally {
      this.turns.release();
    }
  }

  #fail(failure: StateFailure, previousEventId: number): void {
    const { error, failureCause: cause } = failure;
    this.#end({ status: 'FAILED', error, cause }, 'ExecutionFailed', previousEventId, {
      executionFailedEventDetails: failureDetails(failure),
    });
  }

  #end(end: RunEnd, type: HistoryEventType, previousEventId: number, details: EventDetails): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#deadline?.cancel();
    this.#root.halt();
    this.history.append(type, previousEventId, details);
    this.#onEnd(end);
  }
}
