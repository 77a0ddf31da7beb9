/** Looks up everything that planning needs to know, at once. Finds, but does not judge. */

import { type BudgetState, type Budgets, budgetsOf, sumsOfThisMonth } from '../costs/budgets';
import type { JobSpec } from '../job/job-spec';
import type {
  Catalog,
  Clock,
  CostLedger,
  InstanceTypeInfo,
  MachineImage,
  ObjectStore,
  Prices,
  Quotas,
  SessionStore,
} from '../ports';
import { parseS3Uri, s3Uri } from '../s3-layout';
import { marketsOf } from './affordable';
import { MOST_OBJECTS_MEASURED } from './disk-room';
import type { Findings } from './findings';
import { imageParameter } from './images';
import { quotaOf } from './quotas';

export interface FindingDeps {
  sessions: Pick<SessionStore, 'get'>;
  objects: Pick<ObjectStore, 'probe' | 'measure'>;
  catalog: Catalog;
  quotas: Quotas;
  prices: Prices;
  clock: Clock;
  bucket: string;
  resultPlaces: readonly string[];
  imageRepositories: readonly string[];
  region: string;
  ledger: CostLedger;
  budgets: Budgets;
}

export async function gatherFindings(deps: FindingDeps, sessionId: string, job: JobSpec): Promise<Findings> {
  const { objects, catalog, sessions } = deps;
  const names = job.resources.instanceTypes;
  const types = await catalog.instanceTypes(names);
  const { images, ...found } = await all({
    allTypeNames: types.length < new Set(names).size ? catalog.allInstanceTypeNames() : [],
    images: findImages(catalog, job, types),
    prices: findPrices(deps.prices, types),
    volumeUsdPerGibMonth: deps.prices.volumeUsdPerGibMonth(),
    quotas: findQuotas(deps.quotas, job, types),
    hasPlacementGroup:
      job.resources.placementGroup === null ? null : catalog.hasPlacementGroup(job.resources.placementGroup),
    code: job.code === null ? null : objects.probe(job.code),
    data: job.data === null ? null : objects.probe(job.data),
    codeSize: job.code === null ? null : objects.measure(job.code, MOST_OBJECTS_MEASURED),
    dataSize: job.data === null ? null : objects.measure(job.data, MOST_OBJECTS_MEASURED),
    outputBucket: job.output === null ? null : objects.probe(bucketOf(job.output)),
    resumedSession: job.resumeFrom === null ? undefined : sessions.get(job.resumeFrom),
    budgets: findBudgets(deps, job),
  });
  const { bucket, resultPlaces, imageRepositories, region, clock } = deps;
  const places = { bucket, resultPlaces, imageRepositories, region };
  return { sessionId, job, ...places, now: clock.now(), types, ...images, ...found };
}

/** What each of the promises says, by its name. */
async function all<T extends object>(asked: T): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const answers = await Promise.all(Object.values(asked));
  const entries = Object.keys(asked).map((name, index) => [name, answers[index]]);
  return Object.fromEntries(entries) as { [K in keyof T]: Awaited<T[K]> };
}

/** The ledger is read only for jobs that are under a budget. */
async function findBudgets(deps: FindingDeps, job: JobSpec): Promise<BudgetState[]> {
  const own = budgetsOf(deps.budgets, job);
  if (own.length === 0) return [];
  const sums = await sumsOfThisMonth(deps);
  return own.map((budget) => sums.stateOf(budget));
}

function bucketOf(uri: string): string {
  return s3Uri({ bucket: parseS3Uri(uri)?.bucket ?? '', key: '' });
}

async function findImages(catalog: Catalog, job: JobSpec, types: readonly InstanceTypeInfo[]) {
  if (job.resources.ami !== null) {
    return { jobImage: await catalog.image(job.resources.ami), defaultImages: new Map<string, MachineImage>() };
  }
  const parameters = types.map(({ architectures: [first], gpus }) => imageParameter(first ?? 'x86_64', gpus));
  const found = await mapOf(parameters, (parameter) => catalog.imageByParameter(parameter));
  const defaultImages = new Map([...found].flatMap(([name, image]) => (image === undefined ? [] : [[name, image]])));
  return { jobImage: undefined, defaultImages };
}

function findPrices(prices: Prices, types: readonly InstanceTypeInfo[]) {
  const names = types.map(({ instanceType }) => instanceType);
  return mapOf(names, async (name) => {
    const [spotUsdPerHour, onDemandUsdPerHour] = await Promise.all([prices.lowestSpot(name), prices.onDemand(name)]);
    return { spotUsdPerHour, onDemandUsdPerHour };
  });
}

function findQuotas(quotas: Quotas, job: JobSpec, types: readonly InstanceTypeInfo[]) {
  const codes = types.flatMap(({ instanceType }) =>
    marketsOf(job).flatMap((market) => quotaOf(instanceType, market)?.code ?? []),
  );
  return mapOf(codes, (code) => quotas.value(code));
}

async function mapOf<T>(keys: readonly string[], find: (key: string) => Promise<T>): Promise<Map<string, T>> {
  const distinct = [...new Set(keys)];
  return new Map(await Promise.all(distinct.map(async (key) => [key, await find(key)] as const)));
}
