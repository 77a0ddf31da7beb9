import { parseSchedule } from '../../../local/services/events/schedule';

const next = (expression: string, after: string, times = 1) => {
  const schedule = parseSchedule(expression);
  let atMs: number | undefined = Date.parse(after);
  for (let time = 0; time < times && atMs !== undefined; time++) atMs = schedule(atMs);
  return atMs === undefined ? undefined : new Date(atMs).toISOString();
};

describe('a schedule', () => {
  it.each([
    ['rate(1 minute)', '2026-01-01T00:00:30.500Z', '2026-01-01T00:01:30.500Z'],
    ['rate(5 minutes)', '2026-01-01T00:00:00.000Z', '2026-01-01T00:05:00.000Z'],
    ['rate(2 hours)', '2026-01-01T00:00:00.000Z', '2026-01-01T02:00:00.000Z'],
    ['rate(1 day)', '2026-01-31T00:00:00.000Z', '2026-02-01T00:00:00.000Z'],
    ['cron(0 6 * * ? *)', '2026-03-01T06:00:00.000Z', '2026-03-02T06:00:00.000Z'],
    ['cron(0/15 * * * ? *)', '2026-03-01T06:01:00.000Z', '2026-03-01T06:15:00.000Z'],
    ['cron(0 18 ? * MON-FRI *)', '2026-01-02T18:00:00.000Z', '2026-01-05T18:00:00.000Z'],
    ['cron(0 18 ? * 2-6 *)', '2026-01-02T18:00:00.000Z', '2026-01-05T18:00:00.000Z'],
    ['cron(0 0 ? * 1 *)', '2026-01-01T00:00:00.000Z', '2026-01-04T00:00:00.000Z'],
    ['cron(30 10 L * ? *)', '2026-02-01T00:00:00.000Z', '2026-02-28T10:30:00.000Z'],
    ['cron(0 9 ? * 2#1 *)', '2026-01-06T00:00:00.000Z', '2026-02-02T09:00:00.000Z'],
    ['cron(0 0 1 1 ? 2028-2030)', '2026-01-01T00:00:00.000Z', '2028-01-01T00:00:00.000Z'],
  ])('%s after %s', (expression, after, expected) => {
    expect(next(expression, after)).toBe(expected);
  });

  it('ends with its last year', () => {
    expect(next('cron(0 0 1 1 ? 2025)', '2026-01-01T00:00:00.000Z')).toBeUndefined();
  });

  it.each([
    'rate(0 minutes)',
    'rate(1 minutes)',
    'rate(5 minute)',
    'rate(1 week)',
    'cron(* * * * *)',
    'cron(0 0 1 1 1 *)',
    'cron(61 0 1 1 ? *)',
    'every day',
    'at(2026-01-01T00:00:00)',
  ])('%s is refused', (expression) => {
    expect(() => parseSchedule(expression)).toThrow('ScheduleExpression is not valid');
  });
});
