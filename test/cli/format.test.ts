import { bytes, dateTime, duration, metric, percent, plural, shellWord, usd } from '../../cli/terminal/format';

it.each([
  [duration, 0, '0 s'],
  [duration, 59.4, '59 s'],
  [duration, 60, '1 min 00 s'],
  [duration, 3599, '59 min 59 s'],
  [duration, 3600, '1 h 00 min'],
  [duration, 90_000, '1 d 1 h'],
  [duration, -3, '0 s'],
  [duration, null, 'unknown'],
  [usd, null, 'unknown'],
  [usd, 0, '$0.00'],
  [usd, 0.000537, '$0.0005'],
  [usd, 12.345, '$12.35'],
  [bytes, 0, '0 B'],
  [bytes, 1023, '1023 B'],
  [bytes, 1536, '1.5 KiB'],
  [bytes, 5 * 1024 ** 4, '5.0 TiB'],
  [metric, 3, '3'],
  [metric, 0.229_23, '0.2292'],
  [metric, 1.234e-7, '1.23e-7'],
  [percent, 0.5, '50 %'],
])('%p of %p is %s', (format, value, text) => {
  expect((format as (value: number | null) => string)(value)).toBe(text);
});

it('shows records’ times as they are, in UTC', () => {
  expect(dateTime('2026-11-26T09:38:54.123Z')).toBe('2026-11-26 09:38:54');
});

it('counts one and many', () => {
  expect([plural(1, 'file'), plural(2, 'file'), plural(0, 'file')]).toEqual(['1 file', '2 files', '0 files']);
});

it('quotes what a shell would split', () => {
  expect(['plain-1', "it's two"].map(shellWord)).toEqual(['plain-1', `'it'\\''s two'`]);
});
