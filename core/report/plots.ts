/**
 * The report's plots, as inline SVG without a script. Widths are per cent and heights pixels, so that a plot fills
 * whatever width there is and its texts keep their size; colours are the page's CSS variables, so that it follows light and dark.
 */
import { scaleBand, scaleLinear } from 'd3-scale';
import { line, stack } from 'd3-shape';
import type { BudgetFigures, CostReport } from './figures';
import { axisDollars, dollars, shortDay } from './format';
import { html, type Markup } from './markup';

/** Beyond these, projects are one: colours that still can be told apart. */
const PROJECTS_SHOWN = 6;
const OTHERS = 'other projects';

const HEIGHT = 220;
/** Room for half a line of text above, and for the days below. */
const [ABOVE, BELOW] = [8, 26];
const BAR = { height: 16, step: 46, top: 20 };

export interface Series {
  name: string;
  /** Class of the page's palette. */
  color: string;
}

/** Which projects have a colour of their own: the dearest of the shown days. */
export function projectSeries(days: CostReport['days']): Series[] {
  const sums = new Map<string, number>();
  for (const { usdByProject } of days) {
    for (const [project, usd] of Object.entries(usdByProject)) sums.set(project, (sums.get(project) ?? 0) + usd);
  }
  const names = [...sums].sort(([a, x], [b, y]) => y - x || a.localeCompare(b)).map(([name]) => name);
  const series = names.slice(0, PROJECTS_SHOWN).map((name, index) => ({ name, color: `c${index}` }));
  return names.length > PROJECTS_SHOWN ? [...series, { name: OTHERS, color: 'c-rest' }] : series;
}

/** Bars of each day, a part for each project. */
export function dailySpend(days: CostReport['days'], series: readonly Series[]): Markup {
  const named = new Set(series.map(({ name }) => name));
  const rows = days.map(({ usdByProject }) => {
    const row = new Map<string, number>();
    for (const [project, usd] of Object.entries(usdByProject)) {
      const name = named.has(project) ? project : OTHERS;
      row.set(name, (row.get(name) ?? 0) + usd);
    }
    return row;
  });
  const layers = stack<Map<string, number>>()
    .keys(series.map(({ name }) => name))
    .value((row, name) => row.get(name) ?? 0)(rows);
  const most = Math.max(...rows.map((row) => [...row.values()].reduce((sum, usd) => sum + usd, 0)), 0);
  const x = scaleBand()
    .domain(days.map(({ day }) => day))
    .range([0, 100])
    .paddingInner(0.22)
    .paddingOuter(0.1);
  const y = scaleLinear()
    .domain([0, most === 0 ? 1 : most])
    .nice(4)
    .range([HEIGHT + ABOVE, ABOVE]);
  const bars = layers.map((layer, index) =>
    layer.flatMap(([from, to], at) => {
      const day = days[at]?.day ?? '';
      if (to <= from) return [];
      return html`<rect class="${series[index]?.color ?? ''}" x="${x(day) ?? 0}%" y="${y(to)}" width="${x.bandwidth()}%" height="${Math.max(1, y(from) - y(to))}"><title>${shortDay(day)}, ${layer.key}: ${dollars(to - from)}</title></rect>`;
    }),
  );
  const labels = days.map(({ day }, index) => {
    const fromEnd = days.length - 1 - index;
    if (fromEnd % 5 !== 0) return null;
    const [at, anchor] = fromEnd === 0 ? [100, 'end'] : [(x(day) ?? 0) + x.bandwidth() / 2, 'middle'];
    return html`<text class="${fromEnd % 10 === 0 ? '' : 'wide'}" x="${at}%" y="${HEIGHT + ABOVE + 18}" text-anchor="${anchor}">${shortDay(day)}</text>`;
  });
  const height = HEIGHT + ABOVE + BELOW;
  return html`<div class="with-axis">${axis(y, height)}${plot('Spend of each day, by project', height, [grid(y), ...bars, ...labels])}</div>`;
}

type Scale = ReturnType<typeof scaleLinear<number, number>>;

const AXIS_WIDTH = 48;

/** Beside the plot, so that its width in pixels is its own. */
function axis(y: Scale, height: number): Markup {
  const ticks = y.ticks(4);
  const texts = ticks.map(
    (tick) => html`<text x="${AXIS_WIDTH - 8}" y="${y(tick) + 4}" text-anchor="end">${axisDollars(tick)}</text>`,
  );
  return html`<svg class="plot axis" width="${AXIS_WIDTH}" height="${height}" aria-hidden="true">${texts}</svg>`;
}

function grid(y: Scale): Markup {
  return html`${y.ticks(4).map((tick) => html`<line class="grid" x1="0" x2="100%" y1="${y(tick)}" y2="${y(tick)}"/>`)}`;
}

export interface Bar {
  name: string;
  /** Right of the name. */
  note: string;
  /** The whole length, and the part of it that is filled strongly. */
  whole: number;
  part: number;
}

/** Horizontal bars, each with a part of it. */
export function bars(title: string, rows: readonly Bar[], colors: { part: string; whole: string }): Markup {
  const most = Math.max(...rows.map(({ whole }) => whole), 0);
  const x = scaleLinear()
    .domain([0, most === 0 ? 1 : most])
    .range([0, 100]);
  const marks = rows.map(({ name, note, whole, part }, index) => {
    const top = index * BAR.step + BAR.top;
    return html`<text class="name" x="0" y="${top - 6}">${shortened(name)}</text><text class="note" x="100%" y="${top - 6}" text-anchor="end">${note}</text><rect class="${colors.whole}" x="0" y="${top}" width="${x(whole)}%" height="${BAR.height}" rx="3"/><rect class="${colors.part}" x="0" y="${top}" width="${x(Math.min(part, whole))}%" height="${BAR.height}" rx="3"><title>${name}: ${note}</title></rect>`;
  });
  return plot(title, rows.length * BAR.step, marks);
}

const NAME_LENGTH = 22;
const shortened = (name: string) => (name.length <= NAME_LENGTH ? name : `${name.slice(0, NAME_LENGTH - 1)}…`);

const BURN_HEIGHT = 130;

/** What is left of a budget, day by day, against an even pace. */
export function burnDownPlot({ name, monthUsd, leftUsd, daysInMonth, projectedLeftUsd }: BudgetFigures): Markup {
  const last = leftUsd.length - 1;
  const lowest = Math.min(0, ...leftUsd, Math.max(projectedLeftUsd, -monthUsd / 2));
  const x = scaleLinear().domain([0, daysInMonth]).range([0, 100]);
  const y = scaleLinear()
    .domain([lowest, monthUsd])
    .range([BURN_HEIGHT - 4, 4]);
  const path = (points: readonly (readonly [number, number])[]) =>
    line<readonly [number, number]>()
      .x(([day]) => x(day))
      .y(([, usd]) => y(usd))(points) ?? '';
  const left = leftUsd.map((usd, day) => [day, usd] as const);
  const end = left.at(-1) ?? ([0, monthUsd] as const);
  const area = `${path(left)}L${x(last)},${y(0)}L0,${y(0)}Z`;
  const strokes = html`<path class="even" d="${path([
    [0, monthUsd],
    [daysInMonth, 0],
  ])}"/><path class="zero" d="${path([
    [0, 0],
    [daysInMonth, 0],
  ])}"/><path class="area" d="${area}"/><path class="ahead" d="${path([end, [daysInMonth, projectedLeftUsd]])}"/><path class="left" d="${path(left)}"/>`;
  return plot(`What is left of the budget of ${name}`, BURN_HEIGHT + 20, [
    html`<svg x="0" y="0" width="100%" height="${BURN_HEIGHT}" viewBox="0 0 100 ${BURN_HEIGHT}" preserveAspectRatio="none">${strokes}</svg>`,
    html`<circle class="end" cx="${x(last)}%" cy="${y(end[1])}" r="4"/>`,
    html`<text class="tick" x="0" y="${BURN_HEIGHT + 14}">day 1</text><text class="tick" x="100%" y="${BURN_HEIGHT + 14}" text-anchor="end">day ${daysInMonth}</text>`,
  ]);
}

function plot(title: string, height: number, content: readonly (Markup | readonly Markup[] | null)[]): Markup {
  return html`<svg class="plot" width="100%" height="${height}" role="img" aria-label="${title}">${content.flat()}</svg>`;
}
