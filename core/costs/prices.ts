/** Prices over time: what a pool cost per hour from when on. */
import { HOUR_MS, iso, ms } from '../time';

/** From `at` (ISO 8601) on, until the next point. */
export interface PricePoint {
  at: string;
  usdPerHour: number;
}

/** By pool, oldest first. */
export type PriceSeries = Record<string, PricePoint[]>;

/** All changes of a pool's price up to the moment (ISO 8601) at which it was asked for. */
export interface PriceHistory {
  points: PricePoint[];
  until: string;
}

/** The spot market prices each instance type in each zone apart. */
export const poolOf = ({ instanceType, zone }: { instanceType: string; zone: string }) => `${instanceType}/${zone}`;

/** Both series in one: oldest first, each moment once, only changes. What is seen later wins. */
export function mergePrices(known: readonly PricePoint[], seen: readonly PricePoint[]): PricePoint[] {
  const byTime = new Map([...known, ...seen].map((point) => [ms(point.at), point.usdPerHour]));
  const ordered = [...byTime].sort(([a], [b]) => a - b);
  return ordered
    .filter(([, usdPerHour], index) => usdPerHour !== ordered[index - 1]?.[1])
    .map(([at, usdPerHour]) => ({ at: iso(at), usdPerHour }));
}

/**
 * USD of one instance between two moments (milliseconds since the Unix epoch): the price in force at each moment times
 * how long it was. Before the first point `otherwise` holds; null when that is needed and unknown.
 */
export function integrate(
  points: readonly PricePoint[],
  otherwise: number | null,
  fromMs: number,
  toMs: number,
): number | null {
  const starts = points.map(({ at }) => ms(at));
  const pieces = [
    { usdPerHour: otherwise, start: Number.NEGATIVE_INFINITY, end: starts[0] ?? Number.POSITIVE_INFINITY },
    ...points.map(({ usdPerHour }, index) => ({
      usdPerHour,
      start: starts[index] ?? 0,
      end: starts[index + 1] ?? Number.POSITIVE_INFINITY,
    })),
  ];
  return pieces.reduce<number | null>((sum, { usdPerHour, start, end }) => {
    const durationMs = Math.min(end, toMs) - Math.max(start, fromMs);
    if (durationMs <= 0) return sum;
    return sum === null || usdPerHour === null ? null : sum + (usdPerHour * durationMs) / HOUR_MS;
  }, 0);
}
