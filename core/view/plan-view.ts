/** What a job would run on, where it reads and writes, and what it may cost. */
import { volumeUsdPerHour } from '../costs/unit-prices';
import { marketsOf, priceOf } from '../plan/affordable';
import { diskWarning } from '../plan/disk-room';
import { type Findings, usableMarkets } from '../plan/findings';
import { type Forecast, forecast } from '../plan/forecast';
import type { InstanceTypePlan, Plan } from '../plan/plan';
import { candidatesOf } from '../plan/planning';
import { quotaOf } from '../plan/quotas';
import type { Probe, StoredSize } from '../ports';
import type { Market } from '../session/session';

export interface PoolView {
  instanceType: string;
  architecture: string;
  vcpus: number;
  memoryMiB: number;
  gpus: number;
  amiId: string;
  volumeGiB: number;
  spotUsdPerHour: number | null;
  onDemandUsdPerHour: number | null;
  /** On which the job may run it. */
  markets: Market[];
  quotas: QuotaView[];
}

export interface QuotaView {
  market: Market;
  code: string;
  name: string;
  /** In vCPUs; null: unknown. */
  value: number | null;
  neededVcpus: number;
}

export interface InputView {
  field: 'code' | 'data' | 'output';
  uri: string;
  access: Probe;
  /** Null: not known, or not asked for. */
  size: StoredSize | null;
}

export interface PlanView {
  job: { name: string; project: string; owner: string; command: string; nodes: number };
  pools: PoolView[];
  inputs: InputView[];
  resultsUri: string;
  forecast: Forecast;
  /** Where the hours of the forecast come from, in words. */
  hoursFrom: string;
  /** The disk may be too small for code and data; null: nothing speaks for that. */
  diskWarning: string | null;
}

export function planView(findings: Findings, plan: Plan, hours: { value: number; from: string }): PlanView {
  const { job } = findings;
  const pools = plan.instanceTypes.map((type) => poolView(findings, type));
  const prices = pools.flatMap((pool) =>
    pool.markets.map((market) => ({ isSpot: market === 'spot', usdPerHour: priceOf(pool, market) })),
  );
  const { name, project, owner, command, resources } = job;
  return {
    job: { name, project, owner, command, nodes: resources.nodes },
    pools,
    inputs: inputViews(findings),
    resultsUri: plan.resultsUri,
    forecast: forecast(job, hours.value, prices, { diskUsdPerHour: diskUsdPerHour(findings, pools) }),
    hoursFrom: hours.from,
    diskWarning: diskWarning(findings, candidatesOf(findings)),
  };
}

/** Of the largest: they differ only where images do. */
function diskUsdPerHour({ volumeUsdPerGibMonth }: Findings, pools: readonly PoolView[]): number | null {
  const volumeGiB = Math.max(0, ...pools.map((pool) => pool.volumeGiB));
  return volumeUsdPerGibMonth === null ? null : volumeUsdPerHour(volumeUsdPerGibMonth, volumeGiB);
}

function poolView({ job, types, quotas }: Findings, type: InstanceTypePlan): PoolView {
  const { instanceType, architecture, vcpus, memoryMiB, gpus, amiId, volumeGiB } = type;
  const { spotUsdPerHour, onDemandUsdPerHour } = type;
  const info = types.find((each) => each.instanceType === instanceType);
  const candidate = info && { info, architecture, image: undefined, prices: type };
  return {
    ...{ instanceType, architecture, vcpus, memoryMiB, gpus, amiId, volumeGiB, spotUsdPerHour, onDemandUsdPerHour },
    markets: candidate ? usableMarkets(job, candidate) : [],
    quotas: marketsOf(job).flatMap((market) => {
      const quota = quotaOf(instanceType, market);
      if (quota === undefined) return [];
      const value = quotas.get(quota.code) ?? null;
      return [{ market, ...quota, value, neededVcpus: vcpus * job.resources.nodes }];
    }),
  };
}

function inputViews({ job, code, codeSize, data, dataSize, outputBucket }: Findings): InputView[] {
  const looked = [
    { field: 'code' as const, uri: job.code, access: code, size: codeSize },
    { field: 'data' as const, uri: job.data, access: data, size: dataSize },
    { field: 'output' as const, uri: job.output, access: outputBucket, size: null },
  ];
  return looked.flatMap(({ uri, access, ...rest }) =>
    uri === null || access === null ? [] : [{ uri, access, ...rest }],
  );
}
