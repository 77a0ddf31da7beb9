/** rate(…) and cron(…). https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html */
import { CronExpressionParser } from 'cron-parser';
import { AwsError } from '../../service';

/** When the schedule is next due after a time; undefined when never again. */
export type Schedule = (afterMs: number) => number | undefined;

const UNIT_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** @throws AwsError ValidationException. */
export function parseSchedule(expression: string): Schedule {
  const [, kind, body = ''] = /^(rate|cron)\((.*)\)$/.exec(expression.trim()) ?? [];
  if (kind === 'rate') return rate(body) ?? refuse();
  return kind === 'cron' ? cron(body.trim().split(/\s+/)) : refuse();
}

function rate(body: string): Schedule | undefined {
  const [, count = '', unit = ''] = /^\s*(\d+)\s+(minute|hour|day)s?\s*$/.exec(body) ?? [];
  const isPlural = /s\s*$/.test(body);
  const unitMs = UNIT_MS[unit];
  if (unitMs === undefined || Number(count) < 1 || (Number(count) === 1) === isPlural) return undefined;
  return (afterMs) => afterMs + Number(count) * unitMs;
}

/** AWS: minutes hours day-of-month month day-of-week(1 = Sunday) year, in UTC. */
function cron(fields: string[]): Schedule {
  const [minutes, hours, dayOfMonth, month, dayOfWeek = '', years = ''] = fields;
  if (fields.length !== 6 || (dayOfMonth === '?') === (dayOfWeek === '?')) return refuse();
  const expression = ['0', minutes, hours, dayOfMonth, month, sundayAsZero(dayOfWeek)].join(' ');
  const allowsYear = yearFilter(years);
  try {
    CronExpressionParser.parse(expression, { tz: 'UTC' });
  } catch {
    return refuse();
  }
  return (afterMs) => {
    const occurrences = CronExpressionParser.parse(expression, { tz: 'UTC', currentDate: new Date(afterMs) });
    const lastYear = new Date(afterMs).getUTCFullYear() + 100;
    for (;;) {
      const next = occurrences.next().toDate();
      if (allowsYear(next.getUTCFullYear())) return next.getTime();
      if (next.getUTCFullYear() > lastYear) return undefined;
    }
  };
}

/** The library counts days of the week from 0; what follows `#` or `/` is a count, not a day. */
function sundayAsZero(dayOfWeek: string): string {
  return dayOfWeek.replace(/(^|[,-])(\d)/g, (_, before: string, day: string) => `${before}${Number(day) - 1}`);
}

function yearFilter(field: string): (year: number) => boolean {
  if (field === '*') return () => true;
  const ranges = field.split(',').map((part) => {
    const [, first, last = first] = /^(\d{4})(?:-(\d{4}))?$/.exec(part) ?? refuse();
    return [Number(first), Number(last)] as const;
  });
  return (year) => ranges.some(([first, last]) => first <= year && year <= last);
}

function refuse(): never {
  throw new AwsError('ValidationException', 'Parameter ScheduleExpression is not valid.');
}
