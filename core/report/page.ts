/** The daily report as one HTML page: no script, nothing loaded from elsewhere, light and dark, wide and narrow. */
import { type BudgetFigures, type CostReport, comparisonOf, type ProjectFigures } from './figures';
import { counted, dollars, dollarsOf, longDay, moment, monthName, percent } from './format';
import { html, type Markup } from './markup';
import { bars, burnDownPlot, dailySpend, projectSeries } from './plots';
import { sessionTable } from './session-table';
import { STYLE } from './style';

export function reportPage(report: CostReport): string {
  const { month, isMonthOver, madeAt } = report;
  const title = `Training costs, ${monthName(month)}`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${title}</h1><p>${isMonthOver ? 'The whole month' : 'The month so far'}, as of ${moment(madeAt)}. Days are those of UTC.</p></header>
<main>
${reportCards(report)}
${sessionTable(report.sessions)}
</main>
<footer>Made by runctl from its cost ledger: instances, disks and addresses at AWS’s prices, before taxes, credits and discounts.</footer>
</body>
</html>
`;
  return page.markup;
}

/** Everything but the table of sessions: the web page draws the same. */
export function reportCards(report: CostReport): Markup {
  return html`${tiles(report)}
${unknownPrices(report)}
${spendCard(report)}
<div class="cards">
${savingsCard(report.projects)}
${wasteCard(report.projects)}
${interruptionsCard(report.projects)}
</div>
${budgetsCard(report.budgets, report.isMonthOver)}`;
}

function tiles(report: CostReport): Markup {
  const { spent, lastMonth, month, yesterday, usdPerHour, openSessions, sessions } = report;
  const compared = comparisonOf(sessions);
  const saved = compared === null ? null : compared.onDemandUsd - compared.usd;
  const wastedUsd = sessions.reduce((sum, each) => sum + each.wastedUsd, 0);
  return html`<section class="tiles">
${tile(monthName(month), dollarsOf(spent), `the month before: ${dollarsOf(lastMonth)}`)}
${tile('Yesterday', dollars(yesterday.usd), longDay(yesterday.day))}
${tile('Running now', `${dollars(usdPerHour)}/h`, counted(openSessions, 'session'))}
${tile('Saved by spot', saved === null ? '–' : dollars(saved), compared === null ? 'nothing to compare' : `${percent(compared.onDemandUsd - compared.usd, compared.onDemandUsd)} of on demand`)}
${tile('Wasted', dollars(wastedUsd), spent.usd === 0 ? 'nothing was spent' : `${percent(wastedUsd, spent.usd)} of what is known`)}
</section>`;
}

function tile(name: string, value: string, note: string): Markup {
  return html`<div class="tile"><h2>${name}</h2><p class="value">${value}</p><p class="note">${note}</p></div>`;
}

function unknownPrices({ sessions }: CostReport): Markup | null {
  const unknown = sessions.filter(({ isComplete }) => !isComplete).length;
  if (unknown === 0) return null;
  return html`<p class="warning">A price is not known for ${counted(unknown, 'session')}: ≥ marks sums with them, which are at least what is shown; comparisons leave them out.</p>`;
}

function card(title: string, note: string, content: Markup): Markup {
  return html`<section class="card"><h2>${title}</h2><p class="note">${note}</p>${content}</section>`;
}

function spendCard({ days }: CostReport): Markup {
  const series = projectSeries(days);
  const legend = series.map(
    ({ name, color }) =>
      html`<li><svg width="12" height="12"><rect class="${color}" width="12" height="12" rx="3"/></svg>${name}</li>`,
  );
  const content =
    series.length === 0
      ? nothing('Nothing was spent in these days.')
      : html`${dailySpend(days, series)}<ul class="legend">${legend}</ul>`;
  return card('Spend of each day', `The last ${days.length} days, by project`, content);
}

const nothing = (text: string) => html`<p class="nothing">${text}</p>`;

/** A plot of projects has room for so many. */
const PROJECTS_SHOWN = 6;

function projectsCard<T extends ProjectFigures>(
  texts: { title: string; note: string; none: string },
  projects: readonly T[],
  plot: (shown: readonly T[]) => Markup,
): Markup {
  const shown = projects.slice(0, PROJECTS_SHOWN);
  const left = projects.length - shown.length;
  const rest = left === 0 ? null : html`<p class="note">and ${counted(left, 'more project')}</p>`;
  return card(texts.title, texts.note, shown.length === 0 ? nothing(texts.none) : html`${plot(shown)}${rest}`);
}

function savingsCard(projects: readonly ProjectFigures[]): Markup {
  const texts = { title: 'Spot savings', note: 'Paid, of what on demand would have cost', none: 'Nothing to compare.' };
  const compared = projects.flatMap((each) =>
    each.comparison === null ? [] : [{ ...each, comparison: each.comparison }],
  );
  return projectsCard(texts, compared, (shown) =>
    bars(
      texts.title,
      shown.map(({ project, comparison: { usd, onDemandUsd } }) => ({
        name: project,
        note: `${dollars(usd)}, ${percent(onDemandUsd - usd, onDemandUsd)} saved`,
        whole: Math.max(usd, onDemandUsd),
        part: usd,
      })),
      { part: 'good', whole: 'track' },
    ),
  );
}

function wasteCard(projects: readonly ProjectFigures[]): Markup {
  const texts = { title: 'Waste', note: 'Set-up, idle time, steps done twice', none: 'Nothing was wasted.' };
  const wasting = projects.filter(({ wastedUsd }) => wastedUsd > 0).toSorted((a, b) => b.wastedUsd - a.wastedUsd);
  return projectsCard(texts, wasting, (shown) =>
    bars(
      texts.title,
      shown.map(({ project, wastedUsd, spent }) => ({
        name: project,
        note: `${dollars(wastedUsd)}, ${percent(wastedUsd, spent.usd)}`,
        whole: Math.max(spent.usd, wastedUsd),
        part: wastedUsd,
      })),
      { part: 'bad', whole: 'track' },
    ),
  );
}

function interruptionsCard(projects: readonly ProjectFigures[]): Markup {
  const texts = { title: 'Interruptions', note: 'Times that AWS took a session’s instances', none: 'None.' };
  const interrupted = projects
    .filter(({ interruptions }) => interruptions > 0)
    .toSorted((a, b) => b.interruptions - a.interruptions);
  return projectsCard(texts, interrupted, (shown) =>
    bars(
      texts.title,
      shown.map(({ project, interruptions, sessions }) => ({
        name: project,
        note: `${interruptions} in ${counted(sessions, 'session')}`,
        whole: interruptions,
        part: interruptions,
      })),
      { part: 'c0', whole: 'track' },
    ),
  );
}

function budgetsCard(budgets: readonly BudgetFigures[], isMonthOver: boolean): Markup {
  const plots = budgets.map(
    (budget) => html`<div class="budget">${budgetTexts(budget, isMonthOver)}${burnDownPlot(budget)}</div>`,
  );
  const content = plots.length === 0 ? nothing('No budgets are set.') : html`<div class="budgets">${plots}</div>`;
  return card('Budgets', 'What is left of each, day by day; dashed: an even pace, dotted: at the pace so far', content);
}

function budgetTexts({ scope, name, monthUsd, spent, projectedLeftUsd }: BudgetFigures, isMonthOver: boolean): Markup {
  const isOver = spent.usd > monthUsd;
  const willBeOver = !isOver && projectedLeftUsd < 0;
  const verdict = isOver
    ? `${dollars(spent.usd - monthUsd)} over`
    : willBeOver && !isMonthOver
      ? `at this pace ${dollars(-projectedLeftUsd)} over at the month’s end`
      : `${spent.isComplete ? '' : 'at most '}${dollars(monthUsd - spent.usd)} left`;
  const grade = isOver ? 'bad-text' : willBeOver && !isMonthOver ? 'fair-text' : 'good-text';
  return html`<h3>${name} <span class="scope">${scope}</span></h3><p class="note">${dollarsOf(spent)} of ${dollars(monthUsd)} (${percent(spent.usd, monthUsd)}) · <span class="${grade}">${verdict}</span></p>`;
}
