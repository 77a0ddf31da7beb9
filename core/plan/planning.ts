/**
 * Planning: the job, resolved against what the account and the region offer. Everything that is the user's to mend is
 * collected and said at once; then quotas and configuration.
 */

import { RunctlError } from '../errors';
import type { JobSpec } from '../job/job-spec';
import { invalidJobSpec } from '../job/job-spec-problems';
import type { InstanceTypeInfo } from '../ports';
import { parseS3Uri, RESULTS_PREFIX, resultsLocation, s3Uri } from '../s3-layout';
import { iso } from '../time';
import { priceOf } from './affordable';
import { type Candidate, type Findings, usableMarkets } from './findings';
import { imageParameter } from './images';
import type { InstanceTypePlan, Plan } from './plan';
import { findProblems } from './plan-problems';
import { quotaOf, raiseCommand, type VcpuQuota } from './quotas';

const UNKNOWN_PRICES = { spotUsdPerHour: null, onDemandUsdPerHour: null };

/** Throws InvalidJobSpec with everything that is wrong, QuotaExceeded or LaunchConfigInvalid. */
export function makePlan(findings: Findings): Plan {
  const { sessionId, job, bucket, now } = findings;
  const candidates = candidatesOf(findings);
  const problems = findProblems(findings, candidates);
  if (problems.length > 0) throw invalidJobSpec(problems);
  const usable = withinQuota(
    candidates.filter((each) => usableMarkets(job, each).length > 0),
    findings,
  );
  return {
    version: 1,
    sessionId,
    plannedAt: iso(now),
    bucket,
    resultsUri: resultsUriOf(job, bucket, sessionId),
    job,
    instanceTypes: withImages(usable, job, findings.region),
  };
}

export function resultsUriOf({ output }: JobSpec, bucket: string, sessionId: string): string {
  const location = (output === null ? undefined : parseS3Uri(output)) ?? { bucket, key: RESULTS_PREFIX };
  return s3Uri(resultsLocation(location, sessionId));
}

export function candidatesOf(findings: Findings): Candidate[] {
  return findings.types.map((info) => candidate(info, findings));
}

function candidate(info: InstanceTypeInfo, findings: Findings): Candidate {
  const { jobImage } = findings;
  const wanted = jobImage?.architecture;
  const architecture = (wanted && info.architectures.includes(wanted) ? wanted : info.architectures[0]) ?? 'x86_64';
  const image = jobImage ?? findings.defaultImages.get(imageParameter(architecture, info.gpus));
  return { info, architecture, image, prices: findings.prices.get(info.instanceType) ?? UNKNOWN_PRICES };
}

interface Shortage {
  quota: VcpuQuota;
  value: number;
  neededVcpus: number;
  instanceType: string;
}

/** A type is usable while one of its markets has quota enough for all nodes. */
function withinQuota(candidates: readonly Candidate[], { job, quotas, region }: Findings): Candidate[] {
  const shortages: Shortage[] = [];
  const within = candidates.filter(({ info, ...rest }) =>
    usableMarkets(job, { info, ...rest }).some((market) => {
      const quota = quotaOf(info.instanceType, market);
      const value = quota && quotas.get(quota.code);
      const neededVcpus = info.vcpus * job.resources.nodes;
      if (quota === undefined || value == null || value >= neededVcpus) return true;
      shortages.push({ quota, value, neededVcpus, instanceType: info.instanceType });
      return false;
    }),
  );
  if (within.length === 0) throw quotaExceeded(shortages, region);
  return within;
}

function quotaExceeded(shortages: readonly Shortage[], region: string): RunctlError {
  const lines = shortages.map(
    ({ quota, value, neededVcpus, instanceType }) =>
      `- ${quota.name} (${quota.code}) is ${value} vCPUs in ${region}; this job needs ${neededVcpus} for ${instanceType}. To raise it:\n  ${raiseCommand(quota, neededVcpus, region)}`,
  );
  return new RunctlError(
    'QuotaExceeded',
    `No instance type of the job fits into the account's EC2 quotas. Nothing was launched.\n${lines.join('\n')}`,
    { details: { quotaCodes: shortages.map(({ quota }) => quota.code) } },
  );
}

function withImages(candidates: readonly Candidate[], job: JobSpec, region: string): InstanceTypePlan[] {
  const types = candidates.flatMap(({ info, architecture, image, prices }) =>
    image === undefined
      ? []
      : [
          {
            instanceType: info.instanceType,
            architecture,
            vcpus: info.vcpus,
            memoryMiB: info.memoryMiB,
            gpus: info.gpus,
            amiId: image.amiId,
            rootDeviceName: image.rootDeviceName,
            volumeGiB: Math.max(job.resources.volumeGiB, image.rootSizeGiB),
            spotUsdPerHour: priceOf(prices, 'spot'),
            onDemandUsdPerHour: priceOf(prices, 'on-demand'),
          },
        ],
  );
  if (types.length > 0) return types;
  const names = candidates.map(({ info, architecture }) => imageParameter(architecture, info.gpus));
  throw new RunctlError(
    'LaunchConfigInvalid',
    `There is no default machine image in ${region} (${[...new Set(names)].join(', ')}). Name one in resources.ami.`,
  );
}
