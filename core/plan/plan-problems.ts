/** What is wrong with a job as it stands against the account: the user's to mend, each with field, found, allowed. */

import { type BudgetState, describeBudget } from '../costs/budgets';
import { volumeUsdPerHour } from '../costs/unit-prices';
import { jobSpecSchema } from '../job/job-spec';
import type { SpecProblem } from '../job/job-spec-problems';
import { nearest } from '../job/nearest';
import type { Probe } from '../ports';
import { FINAL_PREFIX, NODES_PREFIX, parseS3Uri, SESSIONS_PREFIX, STATUS_PREFIX } from '../s3-layout';
import { hasTakenPart, isGone } from '../session/attempts';
import { marketsOf, priceOf } from './affordable';
import { covers, parseImageName, parseRepositoryPattern } from './container-image';
import { diskProblems } from './disk-room';
import { type Candidate, type Findings, usableMarkets } from './findings';

export function findProblems(findings: Findings, candidates: readonly Candidate[]): SpecProblem[] {
  return [
    ...unknownTypes(findings),
    ...imageProblems(findings),
    ...containerProblems(findings),
    ...placementProblems(findings),
    ...priceProblems(findings, candidates),
    ...locationProblems('code', findings.job.code, findings.code),
    ...locationProblems('data', findings.job.data, findings.data),
    ...diskProblems(findings, candidates),
    ...outputProblems(findings),
    ...resumeProblems(findings),
  ];
}

const NEAREST_SHOWN = 3;

function unknownTypes({ job, types, allTypeNames }: Findings): SpecProblem[] {
  const known = new Set(types.map(({ instanceType }) => instanceType));
  if (known.size > 0 && isDefault(job.resources.instanceTypes)) return [];
  return job.resources.instanceTypes
    .filter((name) => !known.has(name))
    .map((name) => ({
      field: 'resources.instanceTypes',
      message: `found ${JSON.stringify(name)}; EC2 offers no such type in this region; ${suggestion(name, allTypeNames)}`,
    }));
}

/** Not every region offers every type that a job names by naming none. */
function isDefault(names: readonly string[]): boolean {
  const { resources } = jobSpecSchema.parse({ name: 'default', command: 'true' });
  return names.join() === resources.instanceTypes.join();
}

/** Of the same family first: `g5.xlarg` is g5.xlarge, and `m5.7xlarge` is some other m5. */
function suggestion(name: string, all: readonly string[]): string {
  const family = all.filter((each) => each.split('.')[0] === name.split('.')[0]);
  const typo = nearest(name, family.length > 0 ? family : all);
  if (typo !== undefined) return `did you mean ${JSON.stringify(typo)}?`;
  return family.length > 0
    ? `of that family there are ${family.slice(0, NEAREST_SHOWN * 4).join(', ')}`
    : 'see aws ec2 describe-instance-types';
}

function imageProblems({ job, types, jobImage }: Findings): SpecProblem[] {
  const { ami } = job.resources;
  if (ami === null) return [];
  const field = 'resources.ami';
  if (jobImage === undefined) {
    return [{ field, message: `found ${ami}; there is no such image in this region, or it is not shared with you` }];
  }
  if (!jobImage.isAvailable) return [{ field, message: `found ${ami}; it is not available (yet)` }];
  const unfit = types.filter(({ architectures }) => !architectures.includes(jobImage.architecture));
  return unfit.map(({ instanceType, architectures }) => ({
    field,
    message: `found ${ami}, which is for ${jobImage.architecture}; ${instanceType} runs ${architectures.join(', ')}`,
  }));
}

/** Said now rather than on an instance that may not pull it. Whether it exists, only its registry knows. */
function containerProblems({ job, imageRepositories }: Findings): SpecProblem[] {
  const image = parseImageName(job.resources.image ?? '');
  if (image?.ecr === undefined) return [];
  const places = imageRepositories.flatMap((text) => parseRepositoryPattern(text) ?? []);
  if (places.some((place) => covers(place, image))) return [];
  const allowed = imageRepositories.length > 0 ? imageRepositories.join(', ') : 'none';
  return [
    {
      field: 'resources.image',
      message: `found ${job.resources.image}; instances may pull from these repositories of ECR: ${allowed} (imageRepositories in cdk.json)`,
    },
  ];
}

function placementProblems({ job, hasPlacementGroup }: Findings): SpecProblem[] {
  if (hasPlacementGroup !== false) return [];
  const message = `found ${job.resources.placementGroup}; there is no such placement group in this region`;
  return [{ field: 'resources.placementGroup', message }];
}

function priceProblems(
  { job, budgets, volumeUsdPerGibMonth }: Findings,
  candidates: readonly Candidate[],
): SpecProblem[] {
  if (candidates.length === 0) return [];
  const { nodes } = job.resources;
  const { maxUsd, maxUsdPerHour } = job.limits;
  const options = candidates.flatMap((each) =>
    usableMarkets(job, each).map((market) => ({ each, market, price: priceOf(each.prices, market) })),
  );
  if (options.length === 0) return [noOption(candidates, { nodes, maxUsdPerHour, markets: marketsOf(job) })];
  const cheapest = options.reduce((best, option) => ((option.price ?? 0) < (best.price ?? 0) ? option : best));
  if (cheapest.price === null) return [];
  const { each, market, price } = cheapest;
  const diskUsd = round(volumeUsdPerHour(volumeUsdPerGibMonth ?? 0, job.resources.volumeGiB));
  const firstHourUsd = (price + diskUsd) * nodes;
  const sum = `${nodes} × ${each.info.instanceType} (${market}) × ($${price}/h + $${diskUsd}/h for its disk) = $${round(firstHourUsd)}`;
  return [
    ...(maxUsd !== null && firstHourUsd > maxUsd
      ? [{ field: 'limits.maxUsd', message: `found ${maxUsd}; the first hour alone costs more: ${sum}` }]
      : []),
    ...budgetProblems(budgets, firstHourUsd, sum),
  ];
}

function budgetProblems(budgets: readonly BudgetState[], firstHourUsd: number, sum: string): SpecProblem[] {
  return budgets
    .filter(({ monthUsd, spentUsd }) => firstHourUsd > monthUsd - spentUsd)
    .map((budget) => {
      const leftUsd = round(Math.max(0, budget.monthUsd - budget.spentUsd));
      const state = `of ${describeBudget(budget)} $${round(budget.spentUsd)} is spent and $${leftUsd} left`;
      return {
        field: budget.scope,
        message: `found ${JSON.stringify(budget.name)}; ${state}, and the first hour alone costs more: ${sum}`,
      };
    });
}

interface Wanted {
  nodes: number;
  maxUsdPerHour: number | null;
  markets: readonly ('spot' | 'on-demand')[];
}

function noOption(candidates: readonly Candidate[], { nodes, maxUsdPerHour, markets }: Wanted): SpecProblem {
  if (maxUsdPerHour === null) {
    const names = candidates.map(({ info }) => info.instanceType).join(', ');
    return { field: 'resources.market', message: `found "spot"; EC2 offers no spot instances of ${names}` };
  }
  const sums = candidates.flatMap(({ info, prices }) =>
    markets.map((market) => {
      const price = priceOf(prices, market) ?? 0;
      return `${nodes} × ${info.instanceType} (${market}) × $${price}/h = $${round(price * nodes)}/h`;
    }),
  );
  return {
    field: 'limits.maxUsdPerHour',
    message: `found ${maxUsdPerHour}; every choice is dearer: ${sums.join('; ')}`,
  };
}

function round(usd: number): number {
  return Math.round(usd * 1e4) / 1e4;
}

function locationProblems(field: string, uri: string | null, probe: Probe | null): SpecProblem[] {
  if (uri === null || probe === null || probe === 'found') return [];
  return [{ field, message: `found ${uri}; ${PROBE_WORDS[probe]}` }];
}

const PROBE_WORDS: Record<Exclude<Probe, 'found'>, string> = {
  missing: 'there is nothing at this address (a folder must end in /)',
  'no bucket': 'there is no such bucket',
  denied: 'the control plane may not read it: add its bucket to dataBuckets in cdk.json, or check the bucket policy',
  'other region': 'its bucket is in another region',
};

/** Where only the control plane and the nodes' own prefixes may write. */
const RESERVED = [SESSIONS_PREFIX, STATUS_PREFIX, FINAL_PREFIX, NODES_PREFIX];

/** Said now rather than after days of training, when the upload is refused. */
function outputProblems({ job, bucket, resultPlaces, outputBucket }: Findings): SpecProblem[] {
  const { output } = job;
  const location = output === null ? undefined : parseS3Uri(output);
  if (output === null || location === undefined) return [];
  const field = 'output';
  const folder = location.key === '' || location.key.endsWith('/') ? location.key : `${location.key}/`;
  const reserved = RESERVED.find((prefix) => folder.startsWith(prefix));
  if (location.bucket === bucket && reserved !== undefined) {
    return [{ field, message: `found ${output}; ${reserved} is reserved in the control plane's own bucket` }];
  }
  if (!resultPlaces.some((place) => `${location.bucket}/${folder}`.startsWith(place))) {
    const places = resultPlaces.map((place) => `s3://${place}`).join(', ');
    return [{ field, message: `found ${output}; results may go below ${places} (resultPrefixes in cdk.json)` }];
  }
  return outputBucket === 'missing' ? [] : locationProblems(field, output, outputBucket);
}

function resumeProblems({ job, sessionId, resumedSession }: Findings): SpecProblem[] {
  const { resumeFrom } = job;
  if (resumeFrom === null) return [];
  const field = 'resumeFrom';
  if (resumeFrom === sessionId) return [{ field, message: `found ${resumeFrom}; that is this session itself` }];
  if (resumedSession === undefined) return [{ field, message: `found ${resumeFrom}; there is no such session` }];
  const active = resumedSession.attempts
    .filter(hasTakenPart)
    .flatMap(({ nodes }) => nodes)
    .filter((node) => node.final?.outcome == null && !isGone(node));
  if (active.length === 0) return [];
  const ids = active.map(({ instanceId }) => instanceId).join(', ');
  return [
    { field, message: `found ${resumeFrom}; it is still training or saving on ${ids}: stop it, or wait for its end` },
  ];
}
