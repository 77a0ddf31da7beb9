import { asFailure, dataLimitExceeded, StateFailure } from '../engine/failure';
import type { Frame } from '../engine/frame';
import type { StateHandler, Transition } from '../engine/state-handler';
import { MAX_PAYLOAD_BYTES, type Payload } from '../json';
import { TaskInbox, type TaskSignal } from '../tasks/inbox';
import type { Integration } from '../tasks/integration';
import { integrationOf } from '../tasks/integrations';
import { type TaskEvents, type TaskLimits, taskEvents } from '../tasks/task-events';
import type { TaskCall } from '../tasks/task-services';

/** Calls a function or a service, or waits for whoever holds its token. */
export class TaskHandler implements StateHandler {
  async run(frame: Frame): Promise<Transition> {
    const { strand, query, state } = frame;
    const { tokens, services } = strand.run.options;
    const integration = integrationOf(state.Resource ?? '');
    // A `.sync` task may hand its token on as well (recording test_sync_with_task_token).
    frame.taskToken = integration.waitsForToken || integration.follow ? tokens.create() : undefined;
    try {
      const parameters = await query.arguments();
      const limits = {
        timeoutSeconds: await query.seconds('TimeoutSeconds'),
        heartbeatSeconds: await query.seconds('HeartbeatSeconds'),
      };
      const events = taskEvents(strand, integration, services.region);
      events.scheduled(parameters, limits);
      await strand.yield();
      events.started();
      const result = await new TaskAttempt(frame, integration, events).run(parameters, limits);
      return { ...(await query.output(result)), next: state.Next };
    } finally {
      frame.taskToken = undefined;
    }
  }
}

/** One attempt of a task, from its start to its end. */
class TaskAttempt {
  /** What the call of a `.sync` task has started. */
  #job: Payload | undefined;

  constructor(
    private readonly frame: Frame,
    private readonly integration: Integration,
    private readonly events: TaskEvents,
  ) {}

  async run(parameters: Payload, limits: TaskLimits): Promise<Payload> {
    const { strand } = this.frame;
    const { clock, options } = strand.run;
    const { tokens } = options;
    const token = this.frame.taskToken;
    const inbox = new TaskInbox(clock, limits);
    const close = () => {
      inbox.close();
      if (token !== undefined) tokens.close(token);
    };
    const forget = strand.onHalt(() => {
      close();
      this.#cancel();
    });
    if (token !== undefined) {
      tokens.open(token, {
        succeed: (output) => {
          tokens.close(token);
          inbox.put({ kind: 'answered', output });
        },
        fail: (error, cause) => {
          tokens.close(token);
          inbox.put({ kind: 'failed', error, cause });
        },
        heartbeat: () => inbox.heartbeat(),
      });
    }
    try {
      this.#deliver(this.integration.call(parameters, this.#taskCall), 'returned', inbox);
      return await this.#settle(inbox);
    } finally {
      forget();
      close();
    }
  }

  get #taskCall(): TaskCall {
    const { options } = this.frame.strand.run;
    return {
      services: options.services,
      roleArn: options.stateMachine.roleArn,
      executionArn: options.executionArn,
      executionName: options.name,
      requestId: options.services.newId(),
    };
  }

  #deliver(work: Promise<Payload>, kind: 'returned' | 'answered', inbox: TaskInbox): void {
    work.then(
      (output) => inbox.put({ kind, output }),
      (error: unknown) => inbox.put({ kind: 'threw', error }),
    );
  }

  /** Best effort, as on AWS: a job that has just ended on its own cannot be cancelled any more. */
  #cancel(): void {
    if (this.#job) this.integration.cancel?.(this.#job, this.#taskCall).catch(() => undefined);
    this.#job = undefined;
  }

  /** After its call has returned, a callback task goes on until its token is answered, a `.sync` one until its job is done. */
  async #settle(inbox: TaskInbox): Promise<Payload> {
    const { waitsForToken, follow } = this.integration;
    for (;;) {
      const signal = await this.frame.strand.wait<TaskSignal>(({ resolve }) => inbox.next(resolve));
      switch (signal.kind) {
        case 'returned':
          if (!waitsForToken && !follow) return this.#succeed(signal.output);
          this.events.submitted(signal.output);
          this.#job = signal.output;
          if (follow) this.#deliver(follow(signal.output, this.#taskCall), 'answered', inbox);
          break;
        case 'answered':
          return this.#succeed(signal.output);
        case 'threw':
          return this.#fail(asFailure(signal.error));
        case 'failed':
          return this.#fail(new StateFailure(signal.error, signal.cause));
        case 'timedOut':
          return await this.#timeOut(signal.missedHeartbeat);
      }
    }
  }

  #succeed(result: Payload): Payload {
    if (result.sizeBytes > MAX_PAYLOAD_BYTES) this.#fail(dataLimitExceeded(this.integration.label));
    this.events.succeeded(result);
    return result;
  }

  #fail(failure: StateFailure): never {
    this.events.failed(failure);
    throw failure;
  }

  async #timeOut(missedHeartbeat: boolean): Promise<never> {
    const failure = new StateFailure('States.Timeout', undefined, { missedHeartbeat });
    this.events.timedOut(failure);
    this.#cancel();
    // Tasks that time out at the same moment are all recorded before the first failure has its consequences
    // (recording test_service_lambda_map_timeout).
    await this.frame.strand.sleep(0);
    throw failure;
  }
}
