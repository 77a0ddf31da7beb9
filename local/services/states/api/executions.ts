import type {
  DescribeExecutionOutput,
  DescribeStateMachineForExecutionOutput,
  ExecutionStatus,
  GetExecutionHistoryInput,
  GetExecutionHistoryOutput,
  ListExecutionsInput,
  ListExecutionsOutput,
  StartExecutionInput,
  StartExecutionOutput,
  StopExecutionInput,
  StopExecutionOutput,
} from '@aws-sdk/client-sfn';
import type { Clock } from '../../../clock';
import { AwsError, type EmitEvent, LocalUnsupported } from '../../../service';
import { Run, type RunEnd } from '../engine/run';
import { MAX_PAYLOAD_BYTES, Payload } from '../json';
import type { TaskServices } from '../tasks/task-services';
import type { TaskTokens } from '../tasks/tokens';
import { checkName, doesNotExist, invalidArn, jsonProblem, required, validationError } from './errors';
import { Execution } from './execution';
import type { ExecutionStore } from './execution-store';
import { withoutData } from './history-view';
import { page } from './paging';
import type { StateMachine, StateMachines } from './state-machines';
import { statusEvent } from './status-event';

export interface ExecutionsOptions {
  clock: Clock;
  newId: () => string;
  random: () => number;
  emitEvent: EmitEvent;
  tokens: TaskTokens;
  services: TaskServices;
  stateMachines: StateMachines;
  /** Undefined: they are gone with this process. */
  store: ExecutionStore | undefined;
}

/** In the order in which AWS's own messages list them. */
const STATUSES: readonly ExecutionStatus[] = [
  'SUCCEEDED',
  'TIMED_OUT',
  'PENDING_REDRIVE',
  'ABORTED',
  'FAILED',
  'RUNNING',
];

/** Executions by ARN, running and finished. */
export class Executions {
  readonly #options: ExecutionsOptions;
  readonly #executions = new Map<string, Execution>();
  #lost: Execution[] = [];

  constructor(options: ExecutionsOptions) {
    this.#options = options;
    for (const stored of options.store?.load() ?? []) {
      const execution = Execution.restore(stored, options.clock.now());
      this.#executions.set(execution.arn, execution);
      if (stored.end === null) this.#lost.push(execution);
    }
  }

  /** Names of those that ran when an earlier life of the local cloud ended, told once: whoever listens hears of their end. */
  announceLost(): string[] {
    const lost = this.#lost;
    this.#lost = [];
    for (const execution of lost) {
      this.#options.store?.save(execution.stored());
      this.#options.emitEvent(statusEvent(execution));
    }
    return lost.map(({ name }) => name);
  }

  start(request: StartExecutionInput): StartExecutionOutput {
    const stateMachine = this.#options.stateMachines.get(request.stateMachineArn);
    const name = checkName(request.name ?? this.#options.newId());
    const input = parseInput(request.input ?? '{}');
    const arn = `${stateMachine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
    const existing = this.#executions.get(arn);
    if (existing) {
      // Idempotent while it runs, and only for the same input (recording test_start_execution_idempotent).
      if (existing.status === 'RUNNING' && existing.input.text === input.text) {
        return { executionArn: arn, startDate: existing.startedAt };
      }
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    const { execution, run } = this.#create(arn, name, stateMachine, input);
    this.#options.emitEvent(statusEvent(execution));
    run.start();
    this.#options.store?.save(execution.stored());
    return { executionArn: arn, startDate: execution.startedAt };
  }

  stop({ executionArn, error, cause }: StopExecutionInput): StopExecutionOutput {
    const execution = this.#get(executionArn);
    execution.live?.run.abort(error, cause);
    return { stopDate: execution.stoppedAt };
  }

  describe(arn: string | undefined): DescribeExecutionOutput {
    return this.#get(arn).describe();
  }

  describeStateMachine(arn: string | undefined): DescribeStateMachineForExecutionOutput {
    const { live } = this.#get(arn);
    if (live === undefined) throw new LocalUnsupported('states', 'definitions of executions from before a restart');
    const { stateMachine } = live;
    return {
      stateMachineArn: stateMachine.arn,
      name: stateMachine.name,
      definition: stateMachine.definitionText,
      roleArn: stateMachine.roleArn,
      updateDate: stateMachine.updatedAt,
      loggingConfiguration: stateMachine.logging,
      tracingConfiguration: stateMachine.tracing,
      ...(stateMachine.revisionId !== undefined && { revisionId: stateMachine.revisionId }),
    };
  }

  list(request: ListExecutionsInput): ListExecutionsOutput {
    const { statusFilter } = request;
    if (request.mapRunArn !== undefined) throw new LocalUnsupported('states', 'map runs');
    if (statusFilter !== undefined && !STATUSES.includes(statusFilter)) {
      throw validationError(
        statusFilter,
        'statusFilter',
        `Member must satisfy enum value set: [${STATUSES.join(', ')}]`,
      );
    }
    const { arn } = this.#options.stateMachines.get(request.stateMachineArn);
    const newestFirst = [...this.#executions.values()]
      .filter((execution) => execution.stateMachineArn === arn)
      .filter((execution) => statusFilter === undefined || execution.status === statusFilter)
      .reverse();
    const { items, ...rest } = page(newestFirst, request);
    return { executions: items.map((execution) => execution.listItem()), ...rest };
  }

  history(request: GetExecutionHistoryInput): GetExecutionHistoryOutput {
    const { events } = this.#get(request.executionArn);
    const { items, ...rest } = page(request.reverseOrder ? events.toReversed() : events, request);
    return { events: request.includeExecutionData === false ? items.map(withoutData) : items, ...rest };
  }

  /** Resolves with an execution's description once it has ended. */
  ended(arn: string): Promise<DescribeExecutionOutput> {
    const execution = this.#get(arn);
    if (execution.end) return Promise.resolve(execution.describe());
    return new Promise((resolve) => execution.watchers.push(() => resolve(execution.describe())));
  }

  /** Ends everything without a word: the local cloud shuts down. */
  close(): void {
    for (const execution of this.#executions.values()) {
      if (execution.end === undefined) this.#options.store?.save(execution.stored());
      execution.live?.run.discard();
    }
  }

  #create(arn: string, name: string, stateMachine: StateMachine, input: Payload): { execution: Execution; run: Run } {
    const { clock, newId, random, tokens, services } = this.#options;
    const run = new Run(
      { executionArn: arn, name, stateMachine, input, clock, newId, random, tokens, services },
      (end) => this.#finish(execution, end),
    );
    const { startedAtMs } = run;
    const identity = { arn, name, stateMachineArn: stateMachine.arn, input, startedAtMs };
    const execution = new Execution(identity, { run, stateMachine });
    this.#executions.set(arn, execution);
    return { execution, run };
  }

  #finish(execution: Execution, end: RunEnd): void {
    execution.end = end;
    execution.stoppedAt = new Date(this.#options.clock.now());
    this.#options.store?.save(execution.stored());
    this.#options.emitEvent(statusEvent(execution));
    for (const watcher of execution.watchers.splice(0)) watcher();
  }

  #get(arn: string | undefined): Execution {
    const wanted = required(arn, 'executionArn');
    const execution = this.#executions.get(wanted);
    if (execution) return execution;
    if (!wanted.startsWith('arn:')) throw invalidArn(wanted);
    throw doesNotExist('Execution', wanted);
  }
}

function parseInput(text: string): Payload {
  if (Buffer.byteLength(text) > MAX_PAYLOAD_BYTES) {
    const limit = `Member must have length less than or equal to ${MAX_PAYLOAD_BYTES}`;
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at 'input' failed to satisfy constraint: ${limit}`,
    );
  }
  const problem = jsonProblem(text);
  if (problem) throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${problem}'`);
  return Payload.parse(text);
}
