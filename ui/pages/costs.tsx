/** What was spent: the daily report's own cards and plots, from the ledger as it is now, and what each session cost. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { LedgerEntry } from '../../core/costs/ledger';
import { costReport, reportMonths } from '../../core/report/figures';
import { dollars, dollarsOf } from '../../core/report/format';
import { monthBudgets } from '../../core/report/month-budgets';
import { reportCards } from '../../core/report/page';
import { CARDS_STYLE } from '../../core/report/style';
import { COST_GROUPS, type CostGroup, costReport as sums } from '../../core/view/cost-report';
import type { CostsAnswer } from '../../core/view/page-api';
import { count, percent } from '../format';
import { Empty, Failure, Loading } from '../parts/notes';
import { sessionAddress } from '../router';
import { usePolled } from '../use-polled';

/** The ledger is written every five minutes. */
const EVERY_MS = 30_000;

export function CostsPage() {
  const { data, failure } = usePolled<CostsAnswer>('costs', 'costs', { everyMs: EVERY_MS });
  if (data === undefined) return failure ? <Failure failure={failure} /> : <Loading what="the ledger" />;
  return (
    <>
      {failure && <Failure failure={failure} />}
      <div class="page-head">
        <h1>Costs</h1>
        <p class="soft">From the cost ledger, which is written every five minutes. Days are those of UTC.</p>
      </div>
      {data.entries.length === 0 ? (
        <Empty title="Nothing was spent this month and the one before.">
          <p>A session is in the ledger minutes after its first instance.</p>
        </Empty>
      ) : (
        <div class="stack">
          <ReportCards costs={data} />
          <CostTable entries={data.entries} />
        </div>
      )}
    </>
  );
}

function ReportCards({ costs: { entries, budgets, now } }: { costs: CostsAnswer }) {
  useReportStyle();
  const { markup } = useMemo(() => {
    const { month, before } = reportMonths(now);
    const of = (wanted: string) => entries.filter((entry) => entry.month === wanted);
    // On the first of a month there is more to say of the one that began.
    const thisMonth = of(month);
    return reportCards(
      costReport({ thisMonth, lastMonth: of(before), budgets: monthBudgets(budgets, thisMonth), now }),
    );
  }, [entries, budgets, now]);
  // As markup: core/report/markup.ts escapes whatever is put into it
  return <div class="report" dangerouslySetInnerHTML={{ __html: markup }} />;
}

/** The report's rules, for what stands below `.report` alone. */
function useReportStyle(): void {
  useEffect(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`.report{${CARDS_STYLE}}`);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    return () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet);
    };
  }, []);
}

const ROWS_SHOWN = 25;

function CostTable({ entries }: { entries: readonly LedgerEntry[] }) {
  const [by, setBy] = useState<CostGroup>('session');
  const { rows, total } = useMemo(() => sums(entries, by, []), [entries, by]);
  const [isAll, setAll] = useState(false);
  const ordered = by === 'day' ? rows.toReversed() : rows;
  const shown = isAll ? ordered : ordered.slice(0, ROWS_SHOWN);
  return (
    <section class="card">
      <div class="card-head wrap">
        <h2>This month and the one before</h2>
        <fieldset class="tabs small" aria-label="One row for each">
          {COST_GROUPS.map((group) => (
            <button key={group} type="button" aria-pressed={by === group} onClick={() => setBy(group)}>
              {group}
            </button>
          ))}
        </fieldset>
      </div>
      <table>
        <thead>
          <tr>
            <th>{by}</th>
            {by !== 'session' && <th class="number">Sessions</th>}
            <th class="number roomy">Interruptions</th>
            <th class="number roomy">Wasted</th>
            <th class="number">Saved</th>
            <th class="number">Cost</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={row.key}>
              <td class="breaking">{by === 'session' ? <a href={sessionAddress(row.key)}>{row.key}</a> : row.key}</td>
              {by !== 'session' && <td class="number">{count(row.sessions)}</td>}
              <td class="number roomy">{row.interruptions ?? '–'}</td>
              <td class="number nowrap roomy">{row.wastedUsd === null ? '–' : dollars(row.wastedUsd)}</td>
              <td class="number nowrap">{savedBy(row)}</td>
              <td class="number nowrap">{dollarsOf(row)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Together</th>
            {by !== 'session' && <td class="number">{count(total.sessions)}</td>}
            <td class="number roomy">{total.interruptions ?? '–'}</td>
            <td class="number nowrap roomy">{dollars(total.wastedUsd ?? 0)}</td>
            <td class="number nowrap">{savedBy(total)}</td>
            <td class="number nowrap">
              <strong>{dollarsOf(total)}</strong>
            </td>
          </tr>
        </tfoot>
      </table>
      {rows.length > shown.length && (
        <p class="more">
          <button type="button" class="link-button" onClick={() => setAll(true)}>
            and {count(rows.length - shown.length)} more
          </button>
        </p>
      )}
    </section>
  );
}

function savedBy({
  usd: spent,
  onDemandUsd,
  isComplete,
}: {
  usd: number;
  onDemandUsd: number | null;
  isComplete: boolean;
}): string {
  return isComplete && onDemandUsd !== null && onDemandUsd > 0 ? percent((onDemandUsd - spent) / onDemandUsd) : '–';
}
