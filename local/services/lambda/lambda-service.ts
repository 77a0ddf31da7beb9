/** Lambda: runs the functions of the template. */
import type { Guard } from '../../iam/check';
import { parseJsonText } from '../../json-text';
import {
  AwsError,
  type Caller,
  type InvokeAsync,
  type InvokeFunction,
  type Operation,
  type Service,
} from '../../service';
import { AsyncInvocations, DEFAULT_EVENT_INVOKE_CONFIG } from './async-invocations';
import { describeFunction } from './describe-function';
import type { FunctionRunner, Invocation, RuntimeOptions } from './function-runtime';
import type { EventInvokeConfig, LambdaFunction } from './lambda-function';

export interface LambdaService extends Service {
  /** @throws AwsError ResourceConflictException when the name is taken. */
  createFunction(definition: LambdaFunction): void;
  setEventInvokeConfig(functionName: string, config: Partial<EventInvokeConfig>): void;
  invokeFunction: InvokeFunction;
  invokeAsync: InvokeAsync;
  close(): Promise<void>;
}

interface Registered {
  definition: LambdaFunction;
  runtime: FunctionRunner;
  config: EventInvokeConfig;
}

const MAX_REQUEST_BYTES = 6 * 2 ** 20;
const MAX_ASYNC_REQUEST_BYTES = 2 ** 20;
const TAIL_BYTES = 4096;

/** What the service itself needs; the rest of RuntimeOptions is its runners'. */
export interface LambdaServiceOptions
  extends Pick<RuntimeOptions, 'clock' | 'newId' | 'dispatch' | 'contextForRole' | 'log'> {
  /** Asked about calls that other services make. */
  guard: Guard;
}

/** `createRunner` makes what runs a function: worker threads, unless a simulation has its own. */
export function createLambdaService(
  options: LambdaServiceOptions,
  createRunner: (definition: LambdaFunction) => FunctionRunner,
): LambdaService {
  const functions = new Map<string, Registered>();

  const find = (nameOrArn: string): Registered => {
    const name = functionName(nameOrArn);
    const registered = functions.get(name);
    if (registered) return registered;
    const arn = nameOrArn.startsWith('arn:') ? nameOrArn : `function ${nameOrArn}`;
    throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, {
      statusCode: 404,
      details: { Type: 'User' },
    });
  };
  const run = (nameOrArn: string, event: string, requestId: string): Promise<Invocation> =>
    find(nameOrArn).runtime.invoke(event, requestId);
  const enqueue = (nameOrArn: string, event: string, requestId: string): void => {
    const { definition, config } = find(nameOrArn);
    const context = options.contextForRole(definition.roleName, definition.name);
    queue.add({ definition, config, event, requestId, context });
  };
  const checkInvoke = (nameOrArn: string, caller: Caller): void =>
    options.guard(caller, [{ action: 'lambda:InvokeFunction', resource: find(nameOrArn).definition.arn }]);
  const queue = new AsyncInvocations({
    clock: options.clock,
    dispatch: options.dispatch,
    invoke: run,
    enqueue: (arn, event, { caller }) => {
      checkInvoke(arn, caller);
      enqueue(arn, event, options.newId());
    },
    log: options.log,
  });

  return {
    id: 'lambda',
    operations: {
      Invoke: invokeOperation({ find, run, enqueue }),
      ListFunctions: async () => ({
        Functions: [...functions.values()].map(({ definition }) => describeFunction(definition)),
      }),
      GetFunctionConfiguration: async (input: { FunctionName: string }) =>
        describeFunction(find(input.FunctionName).definition),
      GetFunction: async (input: { FunctionName: string }) => ({
        Configuration: describeFunction(find(input.FunctionName).definition),
      }),
    },
    createFunction(definition) {
      if (functions.has(definition.name)) {
        throw new AwsError('ResourceConflictException', `Function already exist: ${definition.name}`, {
          statusCode: 409,
        });
      }
      const runtime = createRunner(definition);
      functions.set(definition.name, { definition, runtime, config: DEFAULT_EVENT_INVOKE_CONFIG });
    },
    setEventInvokeConfig(name, config) {
      const registered = find(name);
      registered.config = { ...registered.config, ...config };
    },
    async invokeFunction(nameOrArn, payload, caller) {
      checkInvoke(nameOrArn, caller);
      const { payload: result, error } = await run(nameOrArn, JSON.stringify(payload ?? {}), options.newId());
      return error ? { payload: JSON.stringify(error), functionError: 'Unhandled' } : { payload: result ?? 'null' };
    },
    invokeAsync(nameOrArn, payload, caller) {
      checkInvoke(nameOrArn, caller);
      enqueue(nameOrArn, JSON.stringify(payload ?? {}), options.newId());
    },
    async close() {
      const queueClosed = queue.close();
      await Promise.all([...functions.values()].map(({ runtime }) => runtime.close()));
      await queueClosed;
    },
  };
}

interface InvokeInput {
  FunctionName: string;
  InvocationType?: 'RequestResponse' | 'Event' | 'DryRun';
  Payload?: Uint8Array;
  LogType?: 'None' | 'Tail';
  Qualifier?: string;
}

function invokeOperation(functions: {
  find: (nameOrArn: string) => Registered;
  run: (nameOrArn: string, event: string, requestId: string) => Promise<Invocation>;
  enqueue: (nameOrArn: string, event: string, requestId: string) => void;
}): Operation {
  return async (input: InvokeInput, context) => {
    functions.find(input.FunctionName);
    const isEvent = input.InvocationType === 'Event';
    const event = parsePayload(input.Payload, isEvent ? MAX_ASYNC_REQUEST_BYTES : MAX_REQUEST_BYTES);
    if (input.InvocationType === 'DryRun') return { StatusCode: 204 };
    if (isEvent) {
      functions.enqueue(input.FunctionName, event, context.requestId);
      return { StatusCode: 202, Payload: new Uint8Array() };
    }
    const { payload, error, logText } = await functions.run(input.FunctionName, event, context.requestId);
    return {
      StatusCode: 200,
      ExecutedVersion: '$LATEST',
      Payload: Buffer.from(error ? JSON.stringify(error) : (payload ?? 'null')),
      ...(error ? { FunctionError: 'Unhandled' } : {}),
      ...(input.LogType === 'Tail' ? { LogResult: Buffer.from(logText).subarray(-TAIL_BYTES).toString('base64') } : {}),
    };
  };
}

/** @throws AwsError RequestTooLargeException, InvalidRequestContentException. */
function parsePayload(payload: Uint8Array | undefined, maxBytes: number): string {
  if (payload === undefined || payload.byteLength === 0) return '{}';
  if (payload.byteLength > maxBytes) {
    const message = `Request must be smaller than ${maxBytes} bytes for the InvokeFunction operation`;
    throw new AwsError('RequestTooLargeException', message, { statusCode: 413 });
  }
  const text = Buffer.from(payload).toString();
  try {
    parseJsonText(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AwsError('InvalidRequestContentException', `Could not parse request body into json: ${reason}`);
  }
  return text;
}

/** Of a name, `name:$LATEST`, a partial ARN (`account:function:name`) or an ARN. */
function functionName(nameOrArn: string): string {
  const [, fromArn] = /(?:^|:)function:([^:]+)/.exec(nameOrArn) ?? [];
  return fromArn ?? nameOrArn.split(':')[0] ?? nameOrArn;
}
