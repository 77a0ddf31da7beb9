/** Runs one command line and returns its exit code. Nothing is thrown. */
import { type Command, CommanderError } from 'commander';
import { CliError } from './cli-error';
import type { CliContext } from './context';
import { EXIT, type ExitCode } from './exit-codes';
import { createProgram } from './program';
import { Printer } from './terminal/printer';

/** `args` without node and script. */
export async function main(args: readonly string[], context: CliContext): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = createProgram(context, (code) => {
    exitCode = code;
  });
  redirect(program, context);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return tell(error, context);
  }
}

/** Commander exits and writes by itself unless each command is told otherwise. */
function redirect(command: Command, context: CliContext): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => context.stdout.write(text),
    writeErr: (text) => context.stderr.write(text),
    getOutHelpWidth: () => context.stdout.columns ?? 100,
    getErrHelpWidth: () => context.stderr.columns ?? 100,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  for (const each of command.commands) redirect(each, context);
}

async function tell(error: unknown, context: CliContext): Promise<ExitCode> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (context.signal.aborted) return EXIT.interrupted;
  const printer = new Printer(context);
  if (error instanceof CliError) {
    printer.error(error.message, error.hint);
    return error.exitCode;
  }
  const { explainAwsFailure } = await import('./cloud/aws-failures');
  const explained = explainAwsFailure(error);
  const message = explained?.message ?? (error instanceof Error ? error.message : String(error));
  printer.error(message, explained?.hint);
  if (context.env['DEBUG']) printer.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return EXIT.failed;
}
