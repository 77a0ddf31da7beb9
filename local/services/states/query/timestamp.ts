const EXTENDED_OFFSET = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(:\d{2}(?:[.,]\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds of an ISO 8601 time in extended form with an offset, as Wait and Choice demand; else undefined. */
export function parseTimestamp(text: string): number | undefined {
  const [, date, time, seconds = ':00', offset] = EXTENDED_OFFSET.exec(text) ?? [];
  if (date === undefined || time === undefined || offset === undefined) return undefined;
  // Date knows milliseconds only.
  const ms = Date.parse(`${date}T${time}${seconds.replace(',', '.').replace(/(\.\d{3})\d+$/, '$1')}${offset}`);
  return Number.isNaN(ms) ? undefined : ms;
}
