/** What was found out for a job before it is planned: core/plan/planning.ts makes the plan of it. */

import type { BudgetState } from '../costs/budgets';
import type { JobSpec } from '../job/job-spec';
import type { InstanceTypeInfo, MachineImage, Probe, StoredSize } from '../ports';
import type { Market, Session } from '../session/session';
import { isAffordable, marketsOf } from './affordable';
import type { Architecture, InstanceTypePlan } from './plan';

export interface Findings {
  sessionId: string;
  job: JobSpec;
  bucket: string;
  /** Where nodes may create results: `bucket/prefix/`. */
  resultPlaces: readonly string[];
  /** Repositories of ECR's that nodes may pull from, as core/plan/container-image.ts reads them. */
  imageRepositories: readonly string[];
  region: string;
  now: number;
  /** Of the types that the job names, the ones that exist. */
  types: readonly InstanceTypeInfo[];
  /** All names, when some of the job's do not exist. */
  allTypeNames: readonly string[];
  /** The job's own image; undefined when it names none, or when it does not exist. */
  jobImage: MachineImage | undefined;
  /** By SSM parameter. */
  defaultImages: ReadonlyMap<string, MachineImage>;
  /** USD per hour by instance type. */
  prices: ReadonlyMap<string, Pick<InstanceTypePlan, 'spotUsdPerHour' | 'onDemandUsdPerHour'>>;
  /** USD; null when unknown. */
  volumeUsdPerGibMonth: number | null;
  /** By quota code; null or absent when unknown. */
  quotas: ReadonlyMap<string, number | null>;
  /** Of the job's placement group; null when it names none. */
  hasPlacementGroup: boolean | null;
  code: Probe | null;
  data: Probe | null;
  /** Null: the job names none, or it could not be told. */
  codeSize: StoredSize | null;
  dataSize: StoredSize | null;
  outputBucket: Probe | null;
  resumedSession: Session | undefined;
  /** The stack's budgets that the job would be under, and what they have left. */
  budgets: readonly BudgetState[];
}

/** The job's types, each with the image that it would run. */
export interface Candidate {
  info: InstanceTypeInfo;
  architecture: Architecture;
  image: MachineImage | undefined;
  prices: Pick<InstanceTypePlan, 'spotUsdPerHour' | 'onDemandUsdPerHour'>;
}

/** Markets on which the job may and can use the type. */
export function usableMarkets(job: JobSpec, { info, prices }: Candidate): Market[] {
  return marketsOf(job).filter(
    (market) => (market === 'on-demand' || info.isSpotOffered) && isAffordable(job, prices, market),
  );
}
