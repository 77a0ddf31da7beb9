import type { DescribeExecutionOutput, ExecutionListItem, ExecutionStatus, HistoryEvent } from '@aws-sdk/client-sfn';
import type { Run, RunEnd } from '../engine/run';
import { Payload } from '../json';
import type { StoredExecution } from './execution-store';
import type { StateMachine } from './state-machines';

/** What an execution is from its start on. */
export interface ExecutionIdentity {
  arn: string;
  name: string;
  stateMachineArn: string;
  input: Payload;
  startedAtMs: number;
}

/** What moves an execution, while it does. */
export interface LiveRun {
  run: Run;
  stateMachine: StateMachine;
}

/** One execution as the API shows it. */
export class Execution {
  end: RunEnd | undefined;
  stoppedAt: Date | undefined;
  /** Called once it has ended. */
  readonly watchers: Array<() => void> = [];

  /** `live` is undefined for one of an earlier life of the local cloud. */
  constructor(
    private readonly identity: ExecutionIdentity,
    readonly live: LiveRun | undefined,
    private readonly storedEvents: readonly HistoryEvent[] = [],
  ) {}

  /** One that an earlier life of the local cloud left; what ran then does not run any more, and is given its end. */
  static restore(stored: StoredExecution, nowMs: number): Execution {
    const { input, end, events, ...identity } = stored;
    const ending: NonNullable<StoredExecution['end']> = end ?? { status: 'ABORTED', ...LOST, stoppedAtMs: nowMs };
    const aborted: HistoryEvent = {
      ...{ timestamp: new Date(nowMs), type: 'ExecutionAborted', id: events.length + 1, previousEventId: 0 },
      executionAbortedEventDetails: LOST,
    };
    const restored = new Execution(
      { ...identity, input: Payload.parse(input) },
      undefined,
      end === null ? [...events, aborted] : events,
    );
    const { status, output, error, cause, stoppedAtMs } = ending;
    restored.end = { status, error, cause, ...(output === undefined ? {} : { output: Payload.parse(output) }) };
    restored.stoppedAt = new Date(stoppedAtMs);
    return restored;
  }

  get arn(): string {
    return this.identity.arn;
  }

  get name(): string {
    return this.identity.name;
  }

  get stateMachineArn(): string {
    return this.identity.stateMachineArn;
  }

  get input(): Payload {
    return this.identity.input;
  }

  get startedAt(): Date {
    return new Date(this.identity.startedAtMs);
  }

  get status(): ExecutionStatus {
    return this.end?.status ?? 'RUNNING';
  }

  get events(): readonly HistoryEvent[] {
    return this.live?.run.history.events ?? this.storedEvents;
  }

  /** What of redriving AWS would say; the call itself is not supported. */
  get redrive() {
    const isRedrivable = this.end !== undefined && this.end.status !== 'SUCCEEDED';
    return isRedrivable
      ? { redriveCount: 0, redriveStatus: 'REDRIVABLE' as const }
      : {
          redriveCount: 0,
          redriveStatus: 'NOT_REDRIVABLE' as const,
          redriveStatusReason: `Execution is ${this.status} and cannot be redriven`,
        };
  }

  describe(): DescribeExecutionOutput {
    const { end } = this;
    return {
      ...this.#shown(),
      input: this.input.text,
      inputDetails: { included: true },
      ...(end?.output && { output: end.output.text, outputDetails: { included: true } }),
      ...(end?.error !== undefined && { error: end.error }),
      ...(end?.cause !== undefined && { cause: end.cause }),
      ...this.redrive,
    };
  }

  listItem(): ExecutionListItem {
    return { ...this.#shown(), redriveCount: 0 };
  }

  stored(): StoredExecution {
    const { end, stoppedAt, events, input, identity } = this;
    const { status, output, error, cause } = end ?? {};
    const ending =
      status === undefined || stoppedAt === undefined
        ? null
        : {
            ...{ status, stoppedAtMs: stoppedAt.getTime() },
            ...(output === undefined ? {} : { output: output.text }),
            ...(error === undefined ? {} : { error }),
            ...(cause === undefined ? {} : { cause }),
          };
    return { ...identity, input: input.text, end: ending, events: [...events] };
  }

  #shown() {
    return {
      executionArn: this.arn,
      stateMachineArn: this.stateMachineArn,
      name: this.name,
      status: this.status,
      startDate: this.startedAt,
      ...(this.stoppedAt && { stopDate: this.stoppedAt }),
    };
  }
}

/** No error of AWS's, as it does not happen there. */
const LOST = {
  error: 'Local.Stopped',
  cause: 'The local cloud was stopped while this execution was running, and cannot carry it on.',
};
