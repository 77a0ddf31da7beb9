/**
 * Lambda's queue of asynchronous invocations: two more tries after one and two minutes, then the dead-letter queue and
 * the function's destinations. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
import type { Clock, Timer } from '../../clock';
import { type CallContext, type Dispatch, LocalUnsupported } from '../../service';
import type { Invocation } from './function-runtime';
import type { EventInvokeConfig, LambdaFunction } from './lambda-function';

export interface AsyncEvent {
  definition: LambdaFunction;
  config: EventInvokeConfig;
  /** JSON text. */
  event: string;
  requestId: string;
  context: CallContext;
}

export const DEFAULT_EVENT_INVOKE_CONFIG: EventInvokeConfig = {
  maximumRetryAttempts: 2,
  maximumEventAgeSeconds: 6 * 3600,
};

const RETRY_DELAYS_MS = [60_000, 120_000];

export interface AsyncInvocationOptions {
  clock: Clock;
  dispatch: Dispatch;
  invoke: (functionName: string, event: string, requestId: string) => Promise<Invocation>;
  /** Puts an event for another function into this queue. */
  enqueue: (functionArn: string, event: string, context: CallContext) => void;
  log: (line: string) => void;
}

export class AsyncInvocations {
  readonly #options: AsyncInvocationOptions;
  readonly #timers = new Set<Timer>();
  readonly #running = new Set<Promise<void>>();
  #closed = false;

  constructor(options: AsyncInvocationOptions) {
    this.#options = options;
  }

  add(event: AsyncEvent): void {
    this.#track(this.#attempt(event, { number: 1, queuedAtMs: this.#options.clock.now() }));
  }

  /** No more retries; resolves when what runs has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
    await Promise.all(this.#running);
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#options.log(`An asynchronous invocation was lost: ${String(error)}`))
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  async #attempt(event: AsyncEvent, attempt: { number: number; queuedAtMs: number }): Promise<void> {
    const { clock, invoke } = this.#options;
    const outcome = await invoke(event.definition.name, event.event, event.requestId);
    if (!outcome.error) {
      await this.#send(event.config.onSuccessArn, event, this.#record(event, outcome, 'Success', attempt.number));
      return;
    }
    if (this.#closed) return;
    const delayMs = RETRY_DELAYS_MS[attempt.number - 1] ?? 0;
    const tooOld = clock.now() + delayMs - attempt.queuedAtMs > event.config.maximumEventAgeSeconds * 1000;
    if (attempt.number > event.config.maximumRetryAttempts || tooOld) {
      await this.#giveUp(event, outcome, { attempts: attempt.number, tooOld });
      return;
    }
    const timer = clock.schedule(delayMs, () => {
      this.#timers.delete(timer);
      this.#track(this.#attempt(event, { ...attempt, number: attempt.number + 1 }));
    });
    this.#timers.add(timer);
  }

  async #giveUp(event: AsyncEvent, outcome: Invocation, end: { attempts: number; tooOld: boolean }): Promise<void> {
    const condition = end.tooOld ? 'EventAgeExceeded' : 'RetriesExhausted';
    await this.#send(event.config.onFailureArn, event, this.#record(event, outcome, condition, end.attempts));
    const { deadLetterArn } = event.definition;
    if (!deadLetterArn) return;
    const attributes = {
      RequestID: { DataType: 'String', StringValue: event.requestId },
      ErrorCode: { DataType: 'Number', StringValue: '200' },
      ErrorMessage: { DataType: 'String', StringValue: outcome.error?.errorMessage.slice(0, 1024) ?? '' },
    };
    await this.#send(deadLetterArn, event, event.event, attributes);
  }

  #record(event: AsyncEvent, outcome: Invocation, condition: string, attempts: number): string {
    const response = outcome.error ?? (JSON.parse(outcome.payload ?? 'null') as unknown);
    return JSON.stringify({
      version: '1.0',
      timestamp: new Date(this.#options.clock.now()).toISOString(),
      requestContext: {
        requestId: event.requestId,
        functionArn: `${event.definition.arn}:$LATEST`,
        condition,
        approximateInvokeCount: attempts,
      },
      requestPayload: JSON.parse(event.event) as unknown,
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        ...(outcome.error ? { functionError: 'Unhandled' } : {}),
      },
      responsePayload: response,
    });
  }

  async #send(arn: string | undefined, event: AsyncEvent, body: string, attributes?: object): Promise<void> {
    if (!arn) return;
    const { dispatch, enqueue } = this.#options;
    const [, , service = '', region = '', account = '', name = ''] = arn.split(':');
    const MessageAttributes = attributes ? { MessageAttributes: attributes } : {};
    if (service === 'sqs') {
      const QueueUrl = `https://sqs.${region}.amazonaws.com/${account}/${name}`;
      await dispatch('sqs', 'SendMessage', { QueueUrl, MessageBody: body, ...MessageAttributes }, event.context);
    } else if (service === 'sns') {
      await dispatch('sns', 'Publish', { TopicArn: arn, Message: body, ...MessageAttributes }, event.context);
    } else if (service === 'lambda') {
      enqueue(arn, body, event.context);
    } else {
      throw new LocalUnsupported('lambda', `the destination ${arn}`);
    }
  }
}
