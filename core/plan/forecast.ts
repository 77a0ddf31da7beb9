/**
 * What a job may take and cost, before it runs: three cases from assumptions that are said, never a promise. Prices are
 * those of now; how often spot is taken back, AWS does not say ahead.
 */
import { PUBLIC_IPV4_USD_PER_HOUR } from '../costs/unit-prices';
import type { JobSpec } from '../job/job-spec';

/** From launch to the first step: boot, agent, code, data. */
const SETUP_HOURS = 5 / 60;

interface Assumption {
  /** Hours of spot between two interruptions; null: none. */
  interruptedEveryHours: number | null;
  /** Of training, done again after each. */
  lostHours: number;
}

const AT_BEST: Assumption = { interruptedEveryHours: null, lostHours: 0 };
/** A script that saves when told to loses nothing. */
const LIKELY: Assumption = { interruptedEveryHours: 24, lostHours: 0 };
const AT_WORST: Assumption = { interruptedEveryHours: 4, lostHours: 15 / 60 };

/** What an instance costs beside itself. */
export interface Upkeep {
  /** USD an hour of its disk; null: unknown. */
  diskUsdPerHour: number | null;
}

export interface ForecastPrice {
  isSpot: boolean;
  /** Of one instance; null: unknown. */
  usdPerHour: number | null;
}

export interface ForecastCase {
  /** From the first launch to the end, waiting for capacity left out. */
  hours: number;
  interruptions: number;
  /** Of instances, disks and public addresses; null: the price of an instance is unknown. */
  usd: number | null;
}

export interface Forecast {
  /** Of training alone. */
  trainingHours: number;
  atBest: ForecastCase;
  likely: ForecastCase;
  atWorst: ForecastCase;
  /** The limit of the job that ends it before the worst case does. */
  endedBy: 'limits.maxUsd' | 'limits.maxHours' | null;
  assumptions: string[];
}

/** `prices`: every choice that the job leaves, of the instance alone. */
export function forecast(
  job: Pick<JobSpec, 'resources' | 'limits'>,
  trainingHours: number,
  prices: readonly ForecastPrice[],
  { diskUsdPerHour }: Upkeep,
): Forecast {
  const { nodes } = job.resources;
  const besides = (diskUsdPerHour ?? 0) + PUBLIC_IPV4_USD_PER_HOUR;
  const whole = prices.map((price) => ({
    ...price,
    usdPerHour: price.usdPerHour === null ? null : price.usdPerHour + besides,
  }));
  const known = whole.filter(({ usdPerHour }) => usdPerHour !== null);
  const byPrice = [...known].sort((a, b) => (a.usdPerHour ?? 0) - (b.usdPerHour ?? 0));
  const cheapest = byPrice[0] ?? { isSpot: false, usdPerHour: null };
  const dearest = known.length < whole.length ? { ...cheapest, usdPerHour: null } : (byPrice.at(-1) ?? cheapest);
  const hasSpot = prices.some(({ isSpot }) => isSpot);
  const atWorst = caseOf(AT_WORST, { ...dearest, isSpot: hasSpot }, trainingHours, nodes);
  return {
    trainingHours,
    atBest: caseOf(AT_BEST, cheapest, trainingHours, nodes),
    likely: caseOf(LIKELY, cheapest, trainingHours, nodes),
    atWorst,
    endedBy: endedBy(job, atWorst),
    assumptions: [
      'prices stay as they are now',
      `with ${diskUsdPerHour === null ? '' : 'the disk and '}a public address of each instance; S3 and the control plane come on top${diskUsdPerHour === null ? ', and the disk, whose price is unknown' : ''}`,
      '5 min from launch to the first step',
      ...(hasSpot
        ? [
            'at best no interruption; likely one in 24 h of spot, nothing lost; at worst one in 4 h, 15 min of training lost',
            'at worst the dearest of the choices all the time',
          ]
        : []),
    ],
  };
}

function caseOf(
  { interruptedEveryHours, lostHours }: Assumption,
  { isSpot, usdPerHour }: ForecastPrice,
  trainingHours: number,
  nodes: number,
): ForecastCase {
  const interruptions =
    isSpot && interruptedEveryHours !== null ? Math.floor(trainingHours / interruptedEveryHours) : 0;
  const hours = trainingHours + (interruptions + 1) * SETUP_HOURS + interruptions * lostHours;
  return { hours, interruptions, usd: usdPerHour === null ? null : hours * usdPerHour * nodes };
}

function endedBy({ limits }: Pick<JobSpec, 'limits'>, { usd, hours }: ForecastCase): Forecast['endedBy'] {
  if (limits.maxUsd !== null && usd !== null && usd > limits.maxUsd) return 'limits.maxUsd';
  return limits.maxHours !== null && hours > limits.maxHours ? 'limits.maxHours' : null;
}
