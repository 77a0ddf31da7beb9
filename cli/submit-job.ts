/** From job.json to a running execution: what lies on this machine goes into the bucket first. */
import { parseJobSpec, type SpecProblem } from '../core/job/job-spec-problems';
import type { Cloud } from './cloud/open-cloud';
import { uploadFiles } from './cloud/upload';
import type { CliContext } from './context';
import { type Localized, localizeSpec } from './spec/local-sources';
import { type ReadSpec, specError } from './spec/read-spec';
import { bytes, plural } from './terminal/format';
import type { Printer } from './terminal/printer';
import { transferBar } from './terminal/transfer-bar';

/** The spec as the state machine takes it, everything that it names being there. @throws CliError with all that is wrong. */
export async function prepareJob(
  context: CliContext,
  cloud: Cloud,
  spec: ReadSpec,
  printer: Printer,
): Promise<Record<string, unknown>> {
  const localized = await localizeSpec(spec, cloud.stack.bucket);
  try {
    const problems = problemsOf(localized);
    if (problems.length > 0) throw specError(spec, problems);
    await upload(context, cloud, localized, printer);
    return localized.raw;
  } finally {
    await localized.dispose();
  }
}

/** Everything that is wrong with the job, local paths included. */
export function problemsOf(localized: Localized): SpecProblem[] {
  const parsed = parseJobSpec(localized.raw);
  return [...localized.problems, ...('problems' in parsed ? unlessLocal(parsed.problems, localized) : [])];
}

/** A path that does not exist is told of once. */
export function unlessLocal<T extends { field: string }>(problems: readonly T[], localized: Localized): T[] {
  return problems.filter(({ field }) => !localized.problems.some((problem) => problem.field === field));
}

async function upload(context: CliContext, cloud: Cloud, { sources }: Localized, printer: Printer): Promise<void> {
  for (const { field, given, files, ownFiles, uri, warnings } of sources) {
    for (const warning of warnings) printer.warn(`${field}: ${warning}`);
    const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const bar = transferBar(context, field, totalBytes);
    const onBytes = (sizeBytes: number) => bar.add(sizeBytes);
    const { bucket } = cloud.stack;
    const sentBytes = await uploadFiles(cloud.s3, { bucket, files, signal: context.signal, onBytes }).finally(() =>
      bar.stop(),
    );
    const how =
      sentBytes === 0 ? 'is in the bucket already' : `${plural(ownFiles, 'file')} uploaded, ${bytes(sentBytes)}`;
    printer.note(`${field} ${given}: ${how} (${uri})`);
  }
}
