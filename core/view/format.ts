/** Amounts as people read them. What is not known is said to be unknown, never 0. */
const KIB = 1024;
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** `42 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h`. */
export function duration(seconds: number | null): string {
  if (seconds === null) return 'unknown';
  const whole = Math.max(0, Math.round(seconds));
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min ${pad(whole % MINUTE)} s`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)} h ${pad(Math.floor((whole % HOUR) / MINUTE))} min`;
  return `${Math.floor(whole / DAY)} d ${Math.floor((whole % DAY) / HOUR)} h`;
}

/** For short stretches that were measured: `0.4 s`. */
export function seconds(value: number | null): string {
  return value === null ? 'unknown' : value < MINUTE ? `${value.toFixed(1)} s` : duration(value);
}

export function ago(seconds: number): string {
  return `${duration(seconds)} ago`;
}

/** Cents for what costs dollars, more digits for what costs less. */
export function usd(amount: number | null): string {
  if (amount === null) return 'unknown';
  if (amount === 0) return '$0.00';
  return amount >= 1 ? `$${amount.toFixed(2)}` : `$${amount.toFixed(4)}`;
}

export function bytes(size: number): string {
  const power = Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log(Math.max(1, size)) / Math.log(KIB)));
  const value = size / KIB ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${BYTE_UNITS[power]}`;
}

export function percent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}

/** `0.2292`, `1.23e-7`, `1250`. */
export function metric(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  return size >= 0.0001 && size < 100_000 ? value.toPrecision(4) : value.toExponential(2);
}

/** `2026-11-26 09:38:54`, in UTC as all records are. */
export function dateTime(isoTime: string): string {
  return isoTime.slice(0, 19).replace('T', ' ');
}

export function clockTime(isoTime: string): string {
  return isoTime.slice(11, 19);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
