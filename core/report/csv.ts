/** The month's sessions as CSV (RFC 4180), for spreadsheets. An unknown amount is an empty cell. */
import type { LedgerEntry } from '../costs/ledger';

type Cell = string | number | boolean | null;

const COLUMNS: readonly (readonly [string, (entry: LedgerEntry) => Cell])[] = [
  ['month', ({ month }) => month],
  ['session', ({ sessionId }) => sessionId],
  ['job', ({ job }) => job],
  ['project', ({ project }) => project],
  ['owner', ({ owner }) => owner],
  ['began', ({ createdAt }) => createdAt],
  ['result', ({ result }) => result ?? 'running'],
  ['attempts', ({ attempts }) => attempts],
  ['interruptions', ({ interruptions }) => interruptions],
  ['usd', ({ usd, isComplete }) => (isComplete ? rounded(usd) : null)],
  ['known_usd', ({ usd }) => rounded(usd)],
  ['on_demand_usd', ({ onDemandUsd }) => (onDemandUsd === null ? null : rounded(onDemandUsd))],
  ['wasted_usd', ({ wastedUsd }) => rounded(wastedUsd)],
  ['usd_per_hour', ({ usdPerHour }) => rounded(usdPerHour)],
  ['computed_at', ({ computedAt }) => computedAt],
];

export function reportCsv(sessions: readonly LedgerEntry[]): string {
  const rows = [COLUMNS.map(([name]) => name), ...sessions.map((entry) => COLUMNS.map(([, cell]) => cell(entry)))];
  return rows.map((row) => `${row.map(written).join(',')}\r\n`).join('');
}

function written(cell: Cell): string {
  if (cell === null) return '';
  const text = typeof cell === 'string' ? inert(cell) : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Spreadsheets run a cell that begins like a formula. https://owasp.org/www-community/attacks/CSV_Injection */
const inert = (text: string) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

/** To a millionth of a dollar. */
const rounded = (usd: number) => Math.round(usd * 1e6) / 1e6;
