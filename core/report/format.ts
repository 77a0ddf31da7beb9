/** How the report writes money, shares and days. */
import type { Sum } from './figures';

const CENTS = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
const SMALL = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD', maximumSignificantDigits: 2 });
const LONG_DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
const SHORT_DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const MONTH = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });

/** Less than a cent keeps its digits: it is not nothing. */
export function dollars(usd: number): string {
  const size = Math.abs(usd);
  return size > 0 && size < 0.01 ? SMALL.format(usd) : CENTS.format(usd === 0 ? 0 : usd);
}

/** Of an axis's ticks, which are round. */
export function axisDollars(usd: number): string {
  return Number.isInteger(usd) ? `$${usd.toLocaleString('en-US')}` : dollars(usd);
}

/** A sum with an unknown part is at least what is known of it. */
export function dollarsOf({ usd, isComplete }: Sum, atLeast = '≥'): string {
  if (isComplete) return dollars(usd);
  return usd === 0 ? 'unknown' : `${atLeast}\u00a0${dollars(usd)}`;
}

/** `whole` 0: nothing to have a share of. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '–';
  const share = (100 * part) / whole;
  return `${share > 0 && share < 1 ? '<1' : Math.round(share)} %`;
}

export const longDay = (day: string) => LONG_DAY.format(Date.parse(day));
export const shortDay = (day: string) => SHORT_DAY.format(Date.parse(day));
export const monthName = (month: string) => MONTH.format(Date.parse(`${month}-01`));
/** e.g. 26 November 2026, 06:00 UTC */
export const moment = (isoTime: string) => `${longDay(isoTime)}, ${isoTime.slice(11, 16)} UTC`;

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}
