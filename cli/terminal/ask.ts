/** Questions, on a terminal only: a script is told which flag answers instead. */
import * as prompts from '@clack/prompts';
import { CliError } from '../cli-error';
import type { CliContext } from '../context';
import { EXIT } from '../exit-codes';

export async function confirm(context: CliContext, message: string, flag: string): Promise<boolean> {
  if (!context.isInteractive) {
    throw new CliError(message, { exitCode: EXIT.usage, hint: `Nobody can be asked here: say ${flag}.` });
  }
  return answered(await prompts.confirm({ message, initialValue: false }));
}

export interface Question {
  message: string;
  initial?: string;
  placeholder?: string;
  /** What is wrong with the answer; undefined: nothing. */
  check?: (answer: string) => string | undefined;
}

export async function askText({ message, initial, placeholder, check }: Question): Promise<string> {
  const answer = await prompts.text({
    message,
    ...(initial === undefined ? {} : { initialValue: initial }),
    ...(placeholder === undefined ? {} : { placeholder }),
    validate: (value) => check?.(value ?? ''),
  });
  return answered(answer);
}

export async function askChoice<T extends string>(
  message: string,
  options: readonly { value: T; label: string; hint?: string }[],
): Promise<T> {
  const answer = await prompts.select({ message, options: options as prompts.SelectOptions<T>['options'] });
  return answered(answer) as T;
}

function answered<T>(answer: T | typeof prompts.CANCEL_SYMBOL): T {
  if (prompts.isCancel(answer)) throw new CliError('Nothing was done.', { exitCode: EXIT.interrupted });
  return answer as T;
}
