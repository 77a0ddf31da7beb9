import { EXIT, type ExitCode } from './exit-codes';

/** An error that is told as it stands, without a stack. `hint` says what to do next. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(message: string, options: { exitCode?: ExitCode; hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? EXIT.failed;
    this.hint = options.hint;
  }
}

export function notFound(message: string, hint: string): CliError {
  return new CliError(message, { exitCode: EXIT.notFound, hint });
}
