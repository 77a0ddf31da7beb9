/**
 * Calls of AWS as an SDK client makes them: they take time, they fail as AWS and networks do, and passing troubles are
 * retried within the call. Each goes to the very services of the local cloud.
 */
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import { type Clock, sleep } from '../local/clock';
import { AwsError, type CallContext, type Dispatch } from '../local/service';
import type { FaultProfile } from './faults/profile';
import type { Random } from './random';

export interface ApiCall {
  /** For the timeline. */
  by: string;
  serviceId: string;
  operation: string;
  input: object;
  context: CallContext;
  maxAttempts: number;
  /** How long the client waits for an answer. */
  timeoutMs: number;
  /** False once the caller is gone: then nothing more is sent, and no answer arrives. */
  isAlive: () => boolean;
}

/** What became of one request. */
export type Outcome = 'done' | 'answer lost' | 'refused';

export interface ApiOptions {
  clock: Clock;
  random: Random;
  dispatch: Dispatch;
  faults: FaultProfile['api'];
  /** True while a service, or the way to it, is down. */
  isDown: (serviceId: string) => boolean;
  onRequest: (call: ApiCall, outcome: Outcome, error: string | undefined) => void;
}

type Fault = keyof FaultProfile['api'];

/** Of a request within AWS. */
const FASTEST_MS = 4;
const SLOWEST_MS = 60;
const FIRST_BACKOFF_MS = 100;

/** Each service's word for "not so fast". */
const THROTTLED: Readonly<Record<string, readonly [string, number]>> = {
  ec2: ['RequestLimitExceeded', 503],
  s3: ['SlowDown', 503],
  dynamodb: ['ThrottlingException', 400],
};

export class Api {
  constructor(private readonly options: ApiOptions) {}

  /** The answer, or an error as the SDK throws it. Never settles when its caller is gone. */
  async call(call: ApiCall): Promise<object> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#request(call);
      } catch (error) {
        if (attempt >= call.maxAttempts || !isPassing(error)) throw error;
        const { clock, random } = this.options;
        await sleep(clock, random.next() * FIRST_BACKOFF_MS * 2 ** attempt);
        if (!call.isAlive()) return never();
      }
    }
  }

  async #request(call: ApiCall): Promise<object> {
    const { clock, random, dispatch, onRequest } = this.options;
    const fault = this.#fault(call);
    await sleep(clock, random.between(FASTEST_MS, SLOWEST_MS));
    if (!call.isAlive()) return never();
    if (fault === 'unreachable' || this.options.isDown(call.serviceId)) return this.#unreachable(call);
    if (fault !== undefined && fault !== 'answerLost') return this.#refuse(call, fault);
    let output: object;
    try {
      output = await dispatch(call.serviceId, call.operation, call.input, call.context);
    } catch (error) {
      const thrown = asSdkError(error);
      onRequest(call, 'refused', thrown.name);
      throw thrown;
    }
    onRequest(call, fault === 'answerLost' ? 'answer lost' : 'done', undefined);
    if (fault === 'answerLost') {
      await sleep(clock, call.timeoutMs);
      if (call.isAlive()) throw timeoutError(call.timeoutMs);
    }
    return call.isAlive() ? output : never();
  }

  #fault({ serviceId, operation, input }: ApiCall): Fault | undefined {
    const { random, faults } = this.options;
    const fault = random.pickWeighted(faults);
    const isConditional = serviceId === 's3' && operation === 'PutObject' && 'IfNoneMatch' in input;
    return fault === 'conflict' && !isConditional ? undefined : fault;
  }

  async #unreachable(call: ApiCall): Promise<never> {
    this.options.onRequest(call, 'refused', 'TimeoutError');
    await sleep(this.options.clock, Math.min(3000, call.timeoutMs));
    if (!call.isAlive()) return never();
    throw timeoutError(call.timeoutMs);
  }

  #refuse(call: ApiCall, fault: Fault): never {
    const error = refusal(call.serviceId, fault);
    this.options.onRequest(call, 'refused', error.name);
    throw error;
  }
}

function refusal(serviceId: string, fault: Fault): Error {
  if (fault === 'conflict') {
    return sdkError('ConditionalRequestConflict', 'A conflicting operation occurred during the upload.', 409);
  }
  if (fault === 'serverError')
    return sdkError('InternalError', 'We encountered an internal error. Please try again.', 500);
  const [name, status] = THROTTLED[serviceId] ?? ['ThrottlingException', 400];
  return sdkError(name, 'Rate exceeded', status);
}

/** The SDK's own judgement. */
function isPassing(error: unknown): boolean {
  const sdk = error as Parameters<typeof isTransientError>[0];
  return isThrottlingError(sdk) || isTransientError(sdk) || isServerError(sdk);
}

function timeoutError(afterMs: number): Error {
  return sdkError('TimeoutError', `Request did not complete within ${afterMs} ms`, undefined);
}

function sdkError(name: string, message: string, status: number | undefined, details: object = {}): Error {
  const error = Object.assign(new Error(message), details, {
    $fault: (status ?? 500) >= 500 ? 'server' : 'client',
    $metadata: { ...(status === undefined ? {} : { httpStatusCode: status }), attempts: 1 },
  });
  error.name = name;
  return error;
}

/** What is no error of AWS is a fault of the simulation, and ends it. */
function asSdkError(error: unknown): Error {
  if (!(error instanceof AwsError)) throw error;
  return sdkError(error.name, error.message, error.statusCode, error.details);
}

export function never(): Promise<never> {
  return new Promise(() => {});
}
