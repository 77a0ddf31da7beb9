/** Amounts and times on the page. Times are the reader's own; records are in UTC. */
export { bytes, duration, metric, percent, plural, seconds, usd } from '../core/view/format';

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const DAY = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

const DAY_ALONE = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const CLOCK_WITHOUT_SECONDS = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

export const day = (at: Date) => DAY_ALONE.format(at);
export const clock = (isoTime: string) => CLOCK.format(Date.parse(isoTime));
export const dayAndTime = (isoTime: string) => DAY.format(Date.parse(isoTime));
/** With the seconds. */
export const moment = (at: Date) => `${day(at)}, ${CLOCK.format(at)}`;

/** A tick of an axis of time: a new day by its date, else no more of the time than its neighbours differ by. */
export function tickTime(at: Date, stepMs: number): string {
  if (at.getHours() + at.getMinutes() + at.getSeconds() === 0) return day(at);
  return stepMs < MINUTE * 1000 ? CLOCK.format(at) : CLOCK_WITHOUT_SECONDS.format(at);
}

export const count = (value: number) => value.toLocaleString('en-US');

const MINUTE = 60;
const HOUR = 3600;
const DAY_SECONDS = 86_400;

/** The largest unit alone, for lists: `12 s`, `3 min`, `5 h`, `2 d`. */
export function coarse(seconds: number): string {
  if (seconds < MINUTE) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  return seconds < DAY_SECONDS ? `${Math.floor(seconds / HOUR)} h` : `${Math.floor(seconds / DAY_SECONDS)} d`;
}

export function ago(isoTime: string, now: number): string {
  return `${coarse((now - Date.parse(isoTime)) / 1000)} ago`;
}

/** What is not known wholly is at least what is known of it. */
export const money = (amount: number | null, known: number) =>
  amount === null
    ? `≥ $${known.toFixed(known >= 0.1 ? 2 : 4)}`
    : `$${amount.toFixed(amount >= 0.1 || amount === 0 ? 2 : 4)}`;
