import type { DescribeExecutionOutput, HistoryEvent } from '@aws-sdk/client-sfn';
import { createIdentities } from '../../local/identities';
import type { AwsEvent, CallContext, InvokeResult } from '../../local/service';
import { createStatesService, type StatesService } from '../../local/services/states';
import { ManualClock } from '../support/manual-clock';

export const ACCOUNT = '111111111111';
export const REGION = 'us-east-1';
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/states-role`;
export const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:worker`;

export interface Dispatched {
  serviceId: string;
  operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into the request of whatever service was called
  input: any;
  context: CallContext;
}

type Invoke = (name: string, payload: unknown) => Promise<unknown>;

/** The service under test, with everything around it in the test's hands. */
export class World {
  readonly clock = new ManualClock();
  readonly events: AwsEvent[] = [];
  readonly dispatched: Dispatched[] = [];
  /** What Lambda answers: a value, or a thrown FunctionError or AwsError. */
  onInvoke: Invoke = async (_name, payload) => payload;
  onDispatch: (call: Dispatched) => Promise<object> = async () => ({});
  readonly service: StatesService;
  #ids = 0;
  random = 0.5;

  /** `folder`: executions are kept there. */
  constructor(folder?: string) {
    const identities = createIdentities({ newId: () => 'key', clock: this.clock, accountId: ACCOUNT });
    this.service = createStatesService({
      clock: this.clock,
      newId: () => `id-${++this.#ids}`,
      random: () => this.random,
      accountId: ACCOUNT,
      region: REGION,
      dispatch: (serviceId, operation, input, context) => {
        const call = { serviceId, operation, input, context };
        this.dispatched.push(call);
        return this.onDispatch(call);
      },
      invokeFunction: (name, payload) => this.#invoke(name, payload),
      contextForRole: (roleName, session) => ({
        caller: identities.callerForRole(roleName, session),
        accountId: ACCOUNT,
        region: REGION,
        requestId: 'request',
      }),
      emitEvent: (event) => this.events.push(event),
      ...(folder === undefined ? {} : { folder }),
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: the answer's shape is the operation's
  async call(operation: string, input: object): Promise<any> {
    const run = this.service.operations[operation];
    if (!run) throw new Error(`No operation ${operation}`);
    return run(input, {} as CallContext);
  }

  /** Starts `definition`, lets what needs no time happen, and returns the execution's ARN. */
  async start(definition: object, input: unknown = {}, name = 'machine'): Promise<string> {
    const { stateMachineArn } = await this.call('CreateStateMachine', {
      name,
      definition: JSON.stringify(definition),
      roleArn: ROLE,
    });
    const text = typeof input === 'string' ? input : JSON.stringify(input);
    const { executionArn } = await this.call('StartExecution', { stateMachineArn, input: text, name: 'run' });
    await this.clock.settle();
    return executionArn;
  }

  describe(executionArn: string): Promise<DescribeExecutionOutput> {
    return this.call('DescribeExecution', { executionArn });
  }

  async history(executionArn: string): Promise<HistoryEvent[]> {
    return (await this.call('GetExecutionHistory', { executionArn, maxResults: 1000 })).events;
  }

  /** The history as lines: `3<2 TaskScheduled {"resource":…}`. */
  async lines(executionArn: string): Promise<string[]> {
    return (await this.history(executionArn)).map(line);
  }

  /** `id<previous type` of each event. */
  async shape(executionArn: string): Promise<string[]> {
    return (await this.lines(executionArn)).map((text) => text.split(' ').slice(0, 2).join(' '));
  }

  async output(executionArn: string): Promise<unknown> {
    const { status, output, error, cause } = await this.describe(executionArn);
    if (status !== 'SUCCEEDED') throw new Error(`${status}: ${error}: ${cause}`);
    return JSON.parse(output ?? 'null');
  }

  async #invoke(name: string, payload: unknown): Promise<InvokeResult> {
    try {
      return { payload: JSON.stringify((await this.onInvoke(name, payload)) ?? null) };
    } catch (error) {
      if (error instanceof FunctionError) return { payload: error.payload, functionError: 'Unhandled' };
      throw error;
    }
  }
}

/** Thrown by a test's function: what Lambda would report of it. */
export class FunctionError extends Error {
  readonly payload: string;

  constructor(errorType: string | undefined, errorMessage = 'Something went wrong.') {
    super(errorMessage);
    this.payload = JSON.stringify({ errorType, errorMessage, trace: [] });
  }
}

function line(event: HistoryEvent): string {
  const { id, previousEventId, type, timestamp: _timestamp, ...rest } = event;
  const [details] = Object.values(rest);
  return `${id}<${previousEventId} ${type}${details ? ` ${JSON.stringify(details)}` : ''}`;
}

/** A JSONata machine of the given states; the first is the start. */
export function jsonata(states: Record<string, object>, more: object = {}): object {
  return { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...more };
}

/** A JSONPath machine of the given states; the first is the start. */
export function jsonpath(states: Record<string, object>, more: object = {}): object {
  return { StartAt: Object.keys(states)[0], States: states, ...more };
}
