/** Runs one command line and returns its exit code. Nothing is thrown. */
import { type Command, CommanderError } from 'commander';
import type { CliContext } from './context';
import { EXIT, type ExitCode } from './exit-codes';
import { createProgram } from './program';

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
  // It has told by itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const { tellError } = await import('./tell-error');
  return tellError(error, context);
}
