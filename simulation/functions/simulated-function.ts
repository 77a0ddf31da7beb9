/** Runs one function of the template in a world, as Lambda would: warm instances are used again, busy ones get company. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Budgets } from '../../core/costs/budgets';
import { sleep } from '../../local/clock';
import type { FunctionRunner, Invocation } from '../../local/services/lambda/function-runtime';
import type { LambdaFunction } from '../../local/services/lambda/lambda-function';
import type { FaultProfile } from '../faults/profile';
import type { Random } from '../random';
import { FunctionInstance, type InstanceOptions, type Work } from './function-instance';

export interface SimulatedFunctionOptions extends Omit<InstanceOptions, 'name' | 'environment' | 'context'> {
  faults: FaultProfile['functions'];
  contextForRole: (roleName: string, sessionName: string) => ReturnType<InstanceOptions['context']>;
  region: string;
  /** In place of the template's. */
  budgets: Budgets;
  /** No function runs while this says so. */
  isDown: () => boolean;
  onInvocation: (name: string, requestId: string, event: string, outcome: string) => void;
}

const COLD_START_MS = 400;
const WARM_START_MS = 3;
/** Most invocations make fewer calls; a crash that would come later does not come. */
const MOST_CALLS = 14;

export class SimulatedFunction implements FunctionRunner {
  readonly #name: string;
  readonly #random: Random;
  readonly #idle: FunctionInstance[] = [];

  constructor(
    private readonly definition: LambdaFunction,
    private readonly options: SimulatedFunctionOptions,
  ) {
    this.#name = folderOf(definition);
    this.#random = options.random.fork(this.#name);
  }

  async invoke(event: string, requestId: string): Promise<Invocation> {
    const { clock, onInvocation, faults } = this.options;
    const name = this.#name;
    const crash = this.#drawCrash();
    const isLost = this.#random.chance(faults.resultLost);
    const warm = this.#idle.pop();
    await sleep(clock, warm ? WARM_START_MS : COLD_START_MS);
    if (this.options.isDown()) {
      onInvocation(name, requestId, event, 'ServiceException');
      return failed(requestId, 'Lambda.ServiceException', 'Lambda is not available');
    }
    onInvocation(name, requestId, event, 'started');
    const instance = warm ?? this.#start();
    const timeoutMs = this.definition.timeoutSeconds * 1000;
    const ended = await instance.run({ event, requestId, timeoutMs, crash });
    if (instance.isAlive) this.#idle.push(instance);
    if (isLost) {
      onInvocation(name, requestId, event, 'result lost');
      return failed(requestId, 'Lambda.Unknown', 'The connection was reset');
    }
    onInvocation(name, requestId, event, 'error' in ended ? ended.error.errorType : 'ended');
    return { requestId, logText: '', ...ended };
  }

  async close(): Promise<void> {}

  #drawCrash(): Work['crash'] {
    const random = this.#random;
    const { crash, hang } = this.options.faults;
    const kind = random.pickWeighted({ crash, hang });
    if (kind === undefined) return undefined;
    const when = random.chance(0.5) ? 'before' : 'after';
    return { awsCall: random.integer(1, MOST_CALLS), when, hangs: kind === 'hang' };
  }

  #start(): FunctionInstance {
    const { contextForRole, region, budgets } = this.options;
    const { roleName, name, environment } = this.definition;
    const own = { AWS_REGION: region, AWS_LAMBDA_FUNCTION_NAME: name };
    const ofStack = 'BUDGETS' in environment ? { BUDGETS: JSON.stringify(budgets) } : {};
    return new FunctionInstance({
      ...this.options,
      name: this.#name,
      random: this.#random,
      environment: { ...environment, ...ofStack, ...own },
      context: () => contextForRole(roleName, name),
    });
  }
}

function failed(requestId: string, errorType: string, errorMessage: string): Invocation {
  return { requestId, logText: '', error: { errorType, errorMessage } };
}

const folders = new Map<string, string>();

/** The folder in lambdas/ that a bundle was made of, as its source map says. */
function folderOf({ codeDir }: LambdaFunction): string {
  const known = folders.get(codeDir);
  if (known !== undefined) return known;
  const [, name] = /lambdas\/([a-z-]+)\/handler\.ts/.exec(readFileSync(join(codeDir, 'index.mjs.map'), 'utf8')) ?? [];
  if (name === undefined) throw new Error(`The source map in ${codeDir} names no handler.`);
  folders.set(codeDir, name);
  return name;
}
