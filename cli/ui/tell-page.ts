/** From what went wrong to what the page shows of it. */
import { z } from 'zod';
import type { SpecProblem } from '../../core/job/job-spec-problems';
import type { PageError } from '../../core/view/page-api';
import { CliError } from '../cli-error';
import { explainAwsFailure } from '../cloud/aws-failures';
import { EXIT, type ExitCode } from '../exit-codes';

/** A job that cannot run, with what is wrong in each field. */
export class JobProblems extends CliError {
  constructor(readonly problems: readonly SpecProblem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super(`The job has ${count}. Nothing was launched.`, { exitCode: EXIT.invalidJob });
  }
}

const STATUS: Partial<Record<ExitCode, number>> = {
  [EXIT.usage]: 409,
  [EXIT.invalidJob]: 422,
  [EXIT.notFound]: 404,
};

/** AWS, not we: bad gateway. */
const UPSTREAM = 502;

export function tellPage(error: unknown): { status: number; body: PageError } {
  if (error instanceof z.ZodError) return { status: 400, body: { message: z.prettifyError(error) } };
  if (error instanceof CliError) {
    const problems = error instanceof JobProblems ? { problems: [...error.problems] } : {};
    const body = { message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }), ...problems };
    return { status: STATUS[error.exitCode] ?? UPSTREAM, body };
  }
  const explained = explainAwsFailure(error);
  if (explained) return { status: UPSTREAM, body: explained };
  return { status: 500, body: { message: error instanceof Error ? error.message : String(error) } };
}
