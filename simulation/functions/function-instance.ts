/** One execution environment of a function: its modules, and the one invocation that it works on at a time. */

import { createHash } from 'node:crypto';
import type { Clock } from '../../local/clock';
import { sleep } from '../../local/clock';
import type { CallContext } from '../../local/service';
import type { ErrorPayload } from '../../local/services/lambda/function-worker';
import type { CrashPoint } from '../../local/services/lambda/lambda-function';
import type { Api } from '../api';
import { never } from '../api';
import type { Program } from '../bundles/evaluate';
import { makeGlobals } from '../bundles/evaluate';
import type { Random } from '../random';
import { createSdk } from './sdk';

type Handler = (event: unknown, context: object) => Promise<unknown>;

export interface InstanceOptions {
  name: string;
  program: Program;
  /** Libraries and core/, shared by all. */
  shared: Readonly<Record<string, unknown>>;
  environment: Readonly<Record<string, string>>;
  clock: Clock;
  random: Random;
  api: Api;
  context: () => CallContext;
  print: (line: string) => void;
}

export interface Work {
  event: string;
  requestId: string;
  timeoutMs: number;
  crash: (CrashPoint & { hangs: boolean }) | undefined;
}

export type Ended = { payload: string } | { error: ErrorPayload };

/** Of a client without settings of its own. */
const DEFAULT_ATTEMPTS = 3;
const DEFAULT_TIMEOUT_MS = 30_000;

export class FunctionInstance {
  readonly #handler: Handler;
  #isAlive = true;
  #calls = 0;
  #crash: Work['crash'];
  #label: string;
  #end: (ended: Ended) => void = () => {};

  constructor(private readonly options: InstanceOptions) {
    const { name, program, shared, environment, clock, random, print } = options;
    this.#label = name;
    const isAlive = () => this.#isAlive;
    const sdk = createSdk(
      (...call) => this.#send(...call),
      () => random.uuid(),
    );
    const own: Record<string, unknown> = {
      'simulation:sdk': sdk,
      'node:crypto': { createHash, randomUUID: () => random.uuid() },
      'node:timers/promises': { setTimeout: (delayMs: number) => this.#pause(delayMs) },
    };
    const require = (id: string): unknown => own[id] ?? shared[id] ?? builtin(id);
    const exports = program(require, makeGlobals({ clock, random, environment, print, isAlive }));
    this.#handler = exports[name] as Handler;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Runs one invocation; afterwards the instance is alive, or of no more use. */
  run(work: Work): Promise<Ended> {
    const { clock, name } = this.options;
    this.#calls = 0;
    this.#crash = work.crash;
    const endsAtMs = clock.now() + work.timeoutMs;
    this.#label = `${name}#${work.requestId.slice(0, 8)}`;
    return new Promise((resolve) => {
      const timer = clock.schedule(work.timeoutMs, () =>
        this.#die('Sandbox.Timedout', `Task timed out after ${(work.timeoutMs / 1000).toFixed(2)} seconds`),
      );
      this.#end = (ended) => {
        timer.cancel();
        resolve(ended);
      };
      const context = {
        awsRequestId: work.requestId,
        functionName: name,
        invokedFunctionArn: name,
        memoryLimitInMB: '512',
        getRemainingTimeInMillis: () => endsAtMs - clock.now(),
      };
      this.#handler(JSON.parse(work.event), context).then(
        (output) => this.#isAlive && this.#end({ payload: JSON.stringify(output ?? null) }),
        (error: unknown) => this.#isAlive && this.#end({ error: errorPayload(error) }),
      );
    });
  }

  #die(errorType: string, errorMessage: string): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#end({ error: { errorType, errorMessage } });
  }

  async #pause(delayMs: number): Promise<void> {
    await sleep(this.options.clock, delayMs);
    if (!this.#isAlive) await never();
  }

  async #send(
    serviceId: string,
    operation: string,
    input: object,
    {
      maxAttempts = DEFAULT_ATTEMPTS,
      requestHandler = {},
    }: { maxAttempts?: number; requestHandler?: { requestTimeout?: number } },
  ): Promise<object> {
    if (!this.#isAlive) return never();
    this.#calls += 1;
    const isCrashCall = this.#crash?.awsCall === this.#calls;
    if (isCrashCall && this.#crash?.when === 'before') return this.#crashNow();
    const { api, context } = this.options;
    const output = await api.call({
      by: this.#label,
      serviceId,
      operation,
      input,
      context: context(),
      maxAttempts,
      timeoutMs: requestHandler.requestTimeout ?? DEFAULT_TIMEOUT_MS,
      isAlive: () => this.#isAlive,
    });
    return isCrashCall ? this.#crashNow() : output;
  }

  #crashNow(): Promise<never> {
    if (this.#crash?.hangs) return never();
    this.#die('Runtime.ExitError', 'RequestId: Error: Runtime exited with error: signal: killed');
    return never();
  }
}

/** As Lambda's runtime reports what a handler throws. */
function errorPayload(error: unknown): ErrorPayload {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: [] }
    : { errorType: 'Error', errorMessage: String(error), trace: [] };
}

function builtin(id: string): unknown {
  if (!['node:util', 'node:path', 'node:buffer', 'node:string_decoder'].includes(id)) {
    throw new Error(`Functions in the simulation have no ${id}.`);
  }
  return process.getBuiltinModule ? process.getBuiltinModule(id) : require(id);
}
