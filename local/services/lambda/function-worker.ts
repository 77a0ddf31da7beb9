/** One execution environment of a function: a worker thread that runs the bundle, one invocation at a time. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { CLOCK_PRELOAD } from '../../clock-environment';
import type { LambdaFault, LambdaFunction } from './lambda-function';

export interface InvokeMessage {
  /** JSON text. */
  event: string;
  context: Readonly<Record<string, string>> & { awsRequestId: string };
  deadlineMs: number;
  fault?: LambdaFault;
}

/** Lambda's shape of an error that a function threw. */
export interface ErrorPayload {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

/** How an invocation ended; `usable` says whether the worker can take another one. */
export interface WorkerOutcome {
  payload?: string;
  error?: ErrorPayload;
  awsCalls?: number;
  heapBytes?: number;
  usable: boolean;
}

type FromWorker =
  | { type: 'ready' }
  | { type: 'log'; text: string }
  | ({ type: 'result'; requestId: string; fatal?: boolean } & Omit<WorkerOutcome, 'usable'>);

export class FunctionWorker {
  readonly #worker: Worker;
  readonly ready: Promise<void>;
  #settle: ((outcome: WorkerOutcome) => void) | undefined;
  #requestId = '';
  #gone: ErrorPayload | undefined;
  /** Where the text goes that the function writes to stdout and stderr. */
  onLog: (text: string) => void = () => {};

  constructor(definition: LambdaFunction, options: { env: Record<string, string>; endpoint: string }) {
    this.#worker = new Worker(join(__dirname, 'bootstrap.cjs'), {
      env: options.env,
      // Nothing of the parent's: neither its loaders nor its flags.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: definition.memoryMiB },
      workerData: {
        codeDir: definition.codeDir,
        handler: definition.handler,
        logFormat: definition.logFormat,
        endpoint: options.endpoint,
        clockPreload: CLOCK_PRELOAD,
      },
    });
    this.ready = new Promise((resolve) => {
      this.#worker.on('message', (message: FromWorker) => {
        if (message.type === 'ready') resolve();
        else this.#receive(message);
      });
      this.#worker.on('error', (error) => this.#end(crashError(error)));
      this.#worker.on('exit', (code) => {
        this.#end(exitError(code));
        resolve();
      });
    });
  }

  /** False once the thread has ended. */
  get alive(): boolean {
    return this.#gone === undefined;
  }

  /** Never rejects; call it only while no other invocation is under way. */
  invoke(message: InvokeMessage): Promise<WorkerOutcome> {
    this.#requestId = message.context.awsRequestId;
    return new Promise((resolve) => {
      this.#settle = resolve;
      if (this.#gone) this.#finish({ error: this.#named(this.#gone), usable: false });
      else this.#worker.postMessage(message);
    });
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #receive(message: Exclude<FromWorker, { type: 'ready' }>): void {
    if (message.type === 'log') {
      this.onLog(message.text);
      return;
    }
    const { type: _, requestId, fatal, ...outcome } = message;
    if (requestId === this.#requestId) this.#finish({ ...outcome, usable: !fatal });
  }

  #end(error: ErrorPayload): void {
    this.#gone ??= error;
    this.#finish({ error: this.#named(this.#gone), usable: false });
  }

  #finish(outcome: WorkerOutcome): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(outcome);
  }

  #named(error: ErrorPayload): ErrorPayload {
    return { ...error, errorMessage: `RequestId: ${this.#requestId} Error: ${error.errorMessage}` };
  }
}

function exitError(code: number): ErrorPayload {
  const reason =
    code === 0 ? 'Runtime exited without providing a reason' : `Runtime exited with error: exit status ${code}`;
  return { errorType: 'Runtime.ExitError', errorMessage: reason };
}

/** The thread died of itself: out of memory, which Lambda answers by killing the runtime. */
function crashError(error: unknown): ErrorPayload {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  const reason = code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'signal: killed' : String(error);
  return { errorType: 'Runtime.ExitError', errorMessage: `Runtime exited with error: ${reason}` };
}
