/** Plans a job as plan-job would, with the user's own credentials, and shows what would come of it. */

import { receiptOf } from '../core/costs/receipt';
import { RunctlError } from '../core/errors';
import type { JobSpec } from '../core/job/job-spec';
import { parseJobSpec, type SpecProblem } from '../core/job/job-spec-problems';
import { onDisk } from '../core/plan/disk-room';
import type { Findings } from '../core/plan/findings';
import { gatherFindings } from '../core/plan/gather-findings';
import { makePlan } from '../core/plan/planning';
import { planView } from '../core/view/plan-view';
import type { Cloud } from './cloud/open-cloud';
import type { CliContext } from './context';
import { asCliError } from './job-error';
import type { CloudOptions, JsonOption } from './options';
import { renderPlan } from './render/plan';
import { sessionIdAt } from './session-id';
import { type Localized, type LocalSource, localizeSpec } from './spec/local-sources';
import { type ReadSpec, readSpec, specError } from './spec/read-spec';
import { unlessLocal } from './submit-job';
import { Printer } from './terminal/printer';

export interface PlanOptions extends CloudOptions, JsonOption {
  set: string[];
  hours?: number;
}

const SECONDS_AN_HOUR = 3600;
/** So many of the newest sessions are looked at for one like this. */
const SESSIONS_LOOKED_AT = 50;

export async function planJob(context: CliContext, cloud: Cloud, file: string, options: PlanOptions): Promise<void> {
  const printer = new Printer(context);
  const spec = await readSpec(context, file, options.set);
  const localized = await localizeSpec(spec, cloud.stack.bucket);
  try {
    const parsed = parseJobSpec(localized.raw);
    const problems = [...localized.problems, ...('problems' in parsed ? unlessLocal(parsed.problems, localized) : [])];
    if (problems.length > 0 || !('job' in parsed)) throw specError(spec, problems);
    const { findings, plan } = await look(context, cloud, { spec, localized, job: parsed.job, printer });
    const view = planView(findings, plan, await trainingHours(cloud, parsed.job, options));
    if (options.json) return printer.json(view);
    const { sources } = localized;
    const { isLocal } = cloud;
    printer.lines(renderPlan({ fileName: spec.source.fileName, view, sources, isLocal }, printer.paint));
  } finally {
    await localized.dispose();
  }
}

interface Looking {
  spec: ReadSpec;
  localized: Localized;
  job: JobSpec;
  printer: Printer;
}

async function look(context: CliContext, cloud: Cloud, { spec, localized, job, printer }: Looking) {
  const onUnknown = (what: string, error: unknown) =>
    printer.warn(`${what} is unknown: ${error instanceof Error ? error.message : String(error)}`);
  const findings = await findingsOf(context, cloud, { localized, job, onUnknown });
  return { findings, plan: asCliError(() => planOrPlaces(findings, spec)) };
}

/** What plan-job would find, as if what lies on this machine were in the bucket already. */
export async function findingsOf(
  { seams }: Pick<CliContext, 'seams'>,
  { stack, clock, client, sessions }: Cloud,
  {
    localized,
    job,
    onUnknown,
  }: Pick<Looking, 'localized' | 'job'> & { onUnknown: (what: string, error: unknown) => void },
): Promise<Findings> {
  const { bucket, tableName, region, resultPlaces, imageRepositories, budgets } = stack;
  const { planningPorts } = await seams.planning();
  const ports = planningPorts({ region, bucket, tableName, clock, client, onUnknown });
  const found = await gatherFindings(
    {
      ...ports,
      ...{ bucket, region, resultPlaces, imageRepositories, budgets, clock },
      sessions: { get: async (sessionId) => (await sessions.record(sessionId)) ?? undefined },
    },
    sessionIdAt(job.name, clock.now()),
    job,
  );
  return { ...found, ...Object.fromEntries(localized.sources.flatMap(asUploaded)) };
}

function asUploaded({ field, files }: LocalSource) {
  const diskBytes = files.reduce((sum, { sizeBytes }) => sum + onDisk(sizeBytes), 0);
  const size = { diskBytes, objects: files.length, isAll: true };
  return [[field, 'found'] as const, [`${field}Size`, size] as const];
}

/** Problems of the job are told with the lines that they are about. */
function planOrPlaces(findings: Parameters<typeof makePlan>[0], spec: ReadSpec) {
  try {
    return makePlan(findings);
  } catch (error) {
    const problems =
      error instanceof RunctlError ? (error.details['problems'] as SpecProblem[] | undefined) : undefined;
    throw problems === undefined ? error : specError(spec, problems);
  }
}

export async function trainingHours(
  cloud: Cloud,
  job: JobSpec,
  options: Pick<PlanOptions, 'hours'>,
): Promise<{ value: number; from: string }> {
  if (options.hours !== undefined) return { value: options.hours, from: '--hours' };
  const succeeded = await cloud.sessions.list({ limit: SESSIONS_LOOKED_AT, status: 'SUCCEEDED' });
  for (const { session } of succeeded) {
    if (session?.job.name !== job.name) continue;
    const { trainSeconds } = receiptOf(session, cloud.clock.now()).total;
    if (trainSeconds) return { value: trainSeconds / SECONDS_AN_HOUR, from: `as ${session.sessionId} took` };
  }
  const { maxHours } = job.limits;
  return maxHours === null
    ? { value: 24, from: 'a day; say how long it trains: --hours' }
    : { value: maxHours, from: 'limits.maxHours; say how long it trains: --hours' };
}
