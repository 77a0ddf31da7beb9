/** `runctl costs`. Pure. */
import type { CostReport, CostRow } from '../../core/view/cost-report';
import { plural, usd } from '../terminal/format';
import { bar, type Paint } from '../terminal/paint';
import { type Column, table } from '../terminal/table';

const BAR_CELLS = 16;

export function renderCosts(report: CostReport, paint: Paint): string[] {
  const { by, rows, total, months, usdPerHour } = report;
  const highest = Math.max(...rows.map((row) => row.usd));
  const columns: Column[] = [
    { head: by.toUpperCase() },
    { head: 'SESSIONS', align: 'right' },
    { head: 'COST', align: 'right' },
    { head: '' },
    ...(by === 'day'
      ? []
      : [
          { head: 'ON DEMAND', align: 'right' as const },
          { head: 'SAVED', align: 'right' as const },
          { head: 'WASTED', align: 'right' as const },
          { head: 'INTERRUPTIONS', align: 'right' as const },
        ]),
  ];
  const saved = savedUsd(total);
  return [
    ...table(
      paint,
      columns,
      rows.map((row) => rowOf(row, highest, paint, by === 'day')),
    ),
    '',
    `${months.join(', ')}: ${money(total)} in ${plural(total.sessions, 'session')}${saved === null ? '' : `; ${usd(saved)} less than on demand`}`,
    ...(usdPerHour > 0 ? [`running now: ${usd(usdPerHour)} an hour`] : []),
    ...(total.isComplete ? [] : [paint.yellow('* The price of a part is unknown; it is what is known.')]),
    paint.dim('Computed from prices and records; the bill of AWS has the last word.'),
  ];
}

function rowOf(row: CostRow, highest: number, paint: Paint, isDay: boolean): string[] {
  const { key, sessions, onDemandUsd, wastedUsd, interruptions } = row;
  const share = highest === 0 ? 0 : row.usd / highest;
  const rest = isDay ? [] : [usd(onDemandUsd), usd(savedUsd(row)), usd(wastedUsd), String(interruptions ?? '')];
  return [key, String(sessions), money(row), bar(paint, share, BAR_CELLS), ...rest];
}

function money({ usd: amount, isComplete }: Pick<CostRow, 'usd' | 'isComplete'>): string {
  return isComplete ? usd(amount) : `${usd(amount)}*`;
}

function savedUsd({ onDemandUsd, usd: amount, isComplete }: Omit<CostRow, 'key'>): number | null {
  return onDemandUsd === null || !isComplete ? null : onDemandUsd - amount;
}

/** For spreadsheets; RFC 4180. An amount that is unknown is empty. */
export function costsCsv({ by, rows }: CostReport): string[] {
  const head = [by, 'sessions', 'usd', 'on_demand_usd', 'wasted_usd', 'interruptions', 'is_complete'];
  const lines = rows.map(({ key, sessions, usd: amount, onDemandUsd, wastedUsd, interruptions, isComplete }) =>
    [key, sessions, amount, onDemandUsd ?? '', wastedUsd ?? '', interruptions ?? '', isComplete].map(csvCell),
  );
  return [head, ...lines].map((cells) => cells.join(','));
}

/** Spreadsheets run what begins with one of these: a project may be named by anybody. */
const FORMULA = /^[=+\-@\t\r]/;

function csvCell(value: string | number | boolean): string {
  const text = typeof value === 'string' && FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
