import { RunctlError } from '../core/errors';
import { CliError } from './cli-error';
import { EXIT } from './exit-codes';

/** What the domain refuses, as an error of the command line: the job is not one that can run. */
export function asCliError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RunctlError) throw new CliError(error.message, { exitCode: EXIT.invalidJob, cause: error });
    throw error;
  }
}
