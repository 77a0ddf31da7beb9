/** Records hold ISO 8601 in UTC; arithmetic is in milliseconds since the Unix epoch. */
export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export const iso = (epochMs: number): string => new Date(epochMs).toISOString();
/** As people read it, e.g. `2026-11-23 12:00 UTC`. */
export const utc = (isoTime: string): string => `${isoTime.slice(0, 10)} ${isoTime.slice(11, 16)} UTC`;
export const ms = (isoTime: string): number => Date.parse(isoTime);
/** Whether `isoTime` is at least `durationMs` in the past. */
export const isOlderThan = (isoTime: string, durationMs: number, now: number): boolean =>
  now - ms(isoTime) >= durationMs;
