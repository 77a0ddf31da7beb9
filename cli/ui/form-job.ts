/** A job from the page's form: the same as one from a file in the folder in which `runctl ui` was started. */
import { RunctlError } from '../../core/errors';
import { parseJobSpec, type SpecProblem } from '../../core/job/job-spec-problems';
import { makePlan } from '../../core/plan/planning';
import type { CheckAnswer, PlanView, SubmitAnswer } from '../../core/view/page-api';
import { planView } from '../../core/view/plan-view';
import type { Cloud } from '../cloud/open-cloud';
import { uploadFiles } from '../cloud/upload';
import type { CliContext } from '../context';
import { asCliError } from '../job-error';
import { findingsOf, trainingHours } from '../plan-job';
import { type Localized, localizeSpec } from '../spec/local-sources';
import { startExecution } from '../start-session';
import { problemsOf } from '../submit-job';
import type { RawJob } from './page-api';
import { JobProblems } from './tell-page';

export async function checkJob(context: CliContext, cloud: Cloud, job: RawJob): Promise<CheckAnswer> {
  return withLocal(context, cloud, job, async (localized) => ({ problems: problemsOf(localized) }));
}

/** @throws JobProblems */
export async function forecastJob(context: CliContext, cloud: Cloud, raw: RawJob): Promise<PlanView> {
  return withLocal(context, cloud, raw, async (localized) => {
    const parsed = parseJobSpec(localized.raw);
    const problems = problemsOf(localized);
    if (problems.length > 0 || !('job' in parsed)) throw new JobProblems(problems);
    const { job } = parsed;
    const findings = await findingsOf(context, cloud, { localized, job, onUnknown: () => {} });
    return planView(findings, planOf(findings), await trainingHours(cloud, job, {}));
  });
}

function planOf(findings: Parameters<typeof makePlan>[0]) {
  try {
    return makePlan(findings);
  } catch (error) {
    const problems = error instanceof RunctlError ? error.details['problems'] : undefined;
    if (problems !== undefined) throw new JobProblems(problems as SpecProblem[]);
    return asCliError(() => {
      throw error;
    });
  }
}

/** @throws JobProblems */
export async function submitJob(
  context: CliContext,
  cloud: Cloud,
  job: RawJob,
  id: string | undefined,
): Promise<SubmitAnswer> {
  return withLocal(context, cloud, job, async (localized) => {
    const problems = problemsOf(localized);
    if (problems.length > 0) throw new JobProblems(problems);
    const { bucket } = cloud.stack;
    const files = localized.sources.flatMap((source) => source.files);
    await uploadFiles(cloud.s3, { bucket, files, signal: context.signal, onBytes: () => {} });
    const { sessionId } = await startExecution(cloud, localized.raw, id);
    return { sessionId };
  });
}

async function withLocal<T>(
  { cwd }: CliContext,
  { stack }: Cloud,
  raw: RawJob,
  use: (localized: Localized) => Promise<T>,
): Promise<T> {
  const localized = await localizeSpec({ raw, folder: cwd }, stack.bucket);
  try {
    return await use(localized);
  } finally {
    await localized.dispose();
  }
}
