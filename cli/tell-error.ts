/** Tells a person what went wrong and what to do next. */
import { CliError } from './cli-error';
import { explainAwsFailure } from './cloud/aws-failures';
import type { CliContext } from './context';
import { EXIT, type ExitCode } from './exit-codes';
import { Printer } from './terminal/printer';

export function tellError(error: unknown, context: CliContext): ExitCode {
  const printer = new Printer(context);
  if (context.signal.aborted && !(error instanceof CliError)) return EXIT.interrupted;
  if (error instanceof CliError) {
    printer.error(error.message, error.hint);
    return error.exitCode;
  }
  const explained = explainAwsFailure(error);
  const message = explained?.message ?? (error instanceof Error ? error.message : String(error));
  printer.error(message, explained?.hint);
  if (context.env['DEBUG']) printer.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return EXIT.failed;
}
