import { type Clock, sleep } from '../clock';
import type { InvokeFunction } from '../service';

/**
 * Invokes a function as AWS services do: a function that fails is tried again twice, after one minute and two more.
 * Resolves when the function has succeeded or was given up. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 * @throws what invoking throws when the function could not be run at all, for instance because there is none.
 */
export type InvokeAsync = (nameOrArn: string, payload: unknown) => Promise<void>;

const RETRY_DELAYS_MS = [60_000, 120_000];

export function createInvokeAsync(options: {
  clock: Clock;
  invokeFunction: InvokeFunction;
  log: (line: string) => void;
}): InvokeAsync {
  return async (nameOrArn, payload) => {
    for (const delayMs of [...RETRY_DELAYS_MS, undefined]) {
      const { functionError, payload: answer } = await options.invokeFunction(nameOrArn, payload);
      if (!functionError) return;
      const next = delayMs === undefined ? 'given up' : `again in ${delayMs / 1000} s`;
      options.log(`lambda: ${nameOrArn} failed on an event, ${next}: ${answer.slice(0, 500)}`);
      if (delayMs !== undefined) await sleep(options.clock, delayMs);
    }
  };
}
