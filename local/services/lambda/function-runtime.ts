/** Runs one function: warm workers are used again, busy ones get company, late ones are terminated. */
import type { Clock, Timer } from '../../clock';
import { clockEnvironment, clockSpeed } from '../../clock-environment';
import type { Identities } from '../../identities';
import type { CallContext, Dispatch } from '../../service';
import { functionEnvironment } from './function-environment';
import { FunctionLog } from './function-log';
import { type ErrorPayload, FunctionWorker, type WorkerOutcome } from './function-worker';
import type { InvocationRecord, LambdaFaults, LambdaFunction } from './lambda-function';

export interface RuntimeOptions {
  clock: Clock;
  newId: () => string;
  region: string;
  /** The local cloud's address; a function, because functions exist before the gateway listens. */
  endpoint: () => string;
  identities: Identities;
  dispatch: Dispatch;
  contextForRole: (roleName: string, sessionName: string) => CallContext;
  log: (line: string) => void;
  faults?: LambdaFaults | undefined;
  onInvocation?: ((record: InvocationRecord) => void) | undefined;
}

export interface Invocation {
  requestId: string;
  payload?: string;
  error?: ErrorPayload;
  /** What the invocation logged. */
  logText: string;
}

interface Environment {
  worker: FunctionWorker;
  log: FunctionLog;
  /** Present until the first invocation. */
  initRealMs?: number;
  credentialsExpireAtMs: number;
}

/** Lambda would start up to a thousand; here the machine's few cores are shared, and more invocations wait. */
const MAX_CONCURRENT_WORKERS = 10;
/** A warm worker keeps some 90 MB; more of them than these end after a burst. */
const MAX_IDLE_WORKERS = 2;
/** A fast clock does not make a machine faster: however short the time-out, a function gets this much real time. */
const MIN_REAL_TIMEOUT_MS = 10_000;
const CREDENTIALS_MARGIN_MS = 16 * 60_000;
const MAX_RESPONSE_BYTES = 6 * 2 ** 20 + 100;

/** Runs the invocations of one function. */
export interface FunctionRunner {
  /** Runs the function once; what it throws, and how it may die, is part of the result. */
  invoke(event: string, requestId: string): Promise<Invocation>;
  close(): Promise<void>;
}

export class FunctionRuntime implements FunctionRunner {
  readonly #definition: LambdaFunction;
  readonly #options: RuntimeOptions;
  readonly #all = new Set<Environment>();
  readonly #idle: Environment[] = [];
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #invocations = 0;

  constructor(definition: LambdaFunction, options: RuntimeOptions) {
    this.#definition = definition;
    this.#options = options;
  }

  async invoke(event: string, requestId: string): Promise<Invocation> {
    this.#invocations += 1;
    const callIndex = this.#invocations;
    if (this.#running >= MAX_CONCURRENT_WORKERS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      const environment = await this.#acquire();
      return await this.#run(environment, { event, requestId, callIndex });
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  async close(): Promise<void> {
    const environments = [...this.#all];
    this.#idle.length = 0;
    await Promise.all(environments.map(({ worker }) => worker.terminate()));
    await Promise.all(environments.map(({ log }) => log.flushed()));
  }

  async #acquire(): Promise<Environment> {
    for (let warm = this.#idle.pop(); warm; warm = this.#idle.pop()) {
      const fresh = warm.credentialsExpireAtMs - this.#options.clock.now() > CREDENTIALS_MARGIN_MS;
      if (warm.worker.alive && fresh) return warm;
      await this.#discard(warm);
    }
    return this.#start();
  }

  async #start(): Promise<Environment> {
    const { clock, newId, region, identities, contextForRole } = this.#options;
    const { name, roleName } = this.#definition;
    const log = new FunctionLog(this.#definition, {
      clock,
      id: newId(),
      dispatch: this.#options.dispatch,
      context: contextForRole(roleName, name),
      log: this.#options.log,
    });
    const credentials = identities.issueForRole(roleName, name);
    const endpoint = this.#options.endpoint();
    const place = { region, endpoint, logStreamName: log.streamName };
    const env = { ...functionEnvironment(this.#definition, credentials, place), ...clockEnvironment(clock) };
    const startedAt = performance.now();
    const worker = new FunctionWorker(this.#definition, { env, endpoint });
    worker.onLog = (text) => log.write(text);
    const credentialsExpireAtMs = Date.parse(credentials.expiration);
    const environment: Environment = { worker, log, credentialsExpireAtMs };
    this.#all.add(environment);
    await worker.ready;
    environment.initRealMs = performance.now() - startedAt;
    return environment;
  }

  async #run(
    environment: Environment,
    call: { event: string; requestId: string; callIndex: number },
  ): Promise<Invocation> {
    const { clock, faults, onInvocation } = this.#options;
    const { name } = this.#definition;
    const { worker, log, initRealMs } = environment;
    delete environment.initRealMs;
    const startedAtMs = clock.now();
    log.start(call.requestId);
    const fault = faults?.(name, call.callIndex);
    const message = {
      event: call.event,
      context: this.#context(call.requestId, log.streamName),
      ...(fault && { fault }),
    };
    const outcome = capResponse(await this.#withTimeout(worker, message));
    const durationMs = clock.now() - startedAtMs;
    const { payload, error, heapBytes, awsCalls } = outcome;
    if (!outcome.usable && error) log.write(platformErrorLine(error, call.requestId, clock.now()));
    const init = initRealMs === undefined ? {} : { initMs: initRealMs };
    const heap = heapBytes === undefined ? {} : { heapBytes };
    const status = error?.errorType === 'Sandbox.Timedout' ? 'timeout' : 'error';
    log.end({ requestId: call.requestId, durationMs, ...init, ...heap, ...(outcome.usable ? {} : { status }) });
    const logText = log.tail;
    const wanted = this.#idle.length < MAX_IDLE_WORKERS + this.#waiting.length;
    if (outcome.usable && wanted) this.#idle.push(environment);
    else await this.#discard(environment);
    onInvocation?.({
      functionName: name,
      callIndex: call.callIndex,
      durationMs,
      ...(awsCalls === undefined ? {} : { awsCalls }),
      ...(initRealMs === undefined ? {} : { initRealMs }),
      ...(error ? { errorType: error.errorType } : {}),
    });
    return {
      requestId: call.requestId,
      logText,
      ...(payload === undefined ? {} : { payload }),
      ...(error && { error }),
    };
  }

  async #discard(environment: Environment): Promise<void> {
    await environment.worker.terminate();
    await environment.log.flushed();
    this.#all.delete(environment);
  }

  #context(awsRequestId: string, logStreamName: string) {
    const { name, arn, memoryMiB, logGroupName } = this.#definition;
    return {
      functionName: name,
      functionVersion: '$LATEST',
      invokedFunctionArn: arn,
      memoryLimitInMB: String(memoryMiB),
      awsRequestId,
      logGroupName,
      logStreamName,
    };
  }

  async #withTimeout(
    worker: FunctionWorker,
    message: Omit<Parameters<FunctionWorker['invoke']>[0], 'deadlineMs'>,
  ): Promise<WorkerOutcome> {
    const { clock } = this.#options;
    const timeoutMs = allowedMs(this.#definition.timeoutSeconds, clock);
    let timer: Timer | undefined;
    const timedOut = new Promise<WorkerOutcome>((resolve) => {
      timer = clock.schedule(timeoutMs, () => {
        const text = `Task timed out after ${this.#definition.timeoutSeconds.toFixed(2)} seconds`;
        const errorMessage = `RequestId: ${message.context.awsRequestId} Error: ${text}`;
        resolve({ error: { errorType: 'Sandbox.Timedout', errorMessage }, usable: false });
      });
    });
    try {
      return await Promise.race([
        worker.invoke({ ...message, deadlineMs: Math.floor(clock.now() + timeoutMs) }),
        timedOut,
      ]);
    } finally {
      timer?.cancel();
    }
  }
}

function allowedMs(timeoutSeconds: number, clock: Clock): number {
  const timeoutMs = timeoutSeconds * 1000;
  return Math.max(timeoutMs, Math.min(timeoutMs, MIN_REAL_TIMEOUT_MS) * clockSpeed(clock));
}

/** Lambda refuses to carry a result of more than 6 MB (and a little for its envelope). */
function capResponse(outcome: WorkerOutcome): WorkerOutcome {
  if (outcome.payload === undefined || Buffer.byteLength(outcome.payload) <= MAX_RESPONSE_BYTES) return outcome;
  const { payload: _, ...rest } = outcome;
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`;
  return { ...rest, error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
}

/** The platform's own line about a function that died, which stands in the log before the report. */
function platformErrorLine(error: ErrorPayload, requestId: string, nowMs: number): string {
  const text = error.errorMessage.replace(`RequestId: ${requestId} Error: `, '');
  return error.errorType === 'Sandbox.Timedout'
    ? `${new Date(nowMs).toISOString()} ${requestId} ${text}\n`
    : `RequestId: ${requestId} Error: ${text}\n${error.errorType}\n`;
}
