/** The report's style sheet. Projects' colours are those of Observable's categorical palette, legible on light and dark. */
import type { Markup } from './markup';

/** Tiles, cards and plots: of the web page, too, which brings the colours itself. */
export const CARDS_STYLE = `
.note,.scope{color:var(--soft)}.note{font-size:13px}.scope{font-weight:400;font-size:13px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(180px,1fr));gap:12px;margin:20px 0 12px}
.tile,.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px 18px}
.tile h2{font-size:13px;font-weight:500;color:var(--soft)}.value{font-size:25px;line-height:1.3;font-weight:650;letter-spacing:-.01em}
.card{margin-bottom:12px}.card>.note{margin-bottom:14px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:12px;margin-bottom:12px}.cards .card{margin:0}
.warning{border-left:4px solid var(--fair);background:var(--card);border-radius:6px;padding:10px 14px;margin-bottom:12px}
.nothing{color:var(--soft);padding:18px 0 6px}
.plot{display:block;overflow:visible}.plot text{font-size:12px;fill:var(--soft)}.plot .name{font-size:13px;font-weight:550;fill:var(--text)}
.with-axis{display:flex}.with-axis>.plot{flex:1;min-width:0}.with-axis>.axis{flex:none}.grid{stroke:var(--line)}.track{fill:var(--track)}.good{fill:var(--good)}.bad{fill:var(--bad)}
.c0{fill:var(--c0)}.c1{fill:var(--c1)}.c2{fill:var(--c2)}.c3{fill:var(--c3)}.c4{fill:var(--c4)}.c5{fill:var(--c5)}.c-rest{fill:var(--c-rest)}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;margin:12px 0 0;padding:0;font-size:13px}.legend li{display:flex;align-items:center;gap:6px;overflow-wrap:anywhere}
.budgets{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:26px}.budget .plot{margin-top:10px}.budget h3{overflow-wrap:anywhere}
.plot path{fill:none;stroke-width:2;vector-effect:non-scaling-stroke}.even{stroke:var(--soft);stroke-dasharray:5 5;opacity:.6}.zero{stroke:var(--line)}.plot path.area{fill:var(--c0);opacity:.13;stroke:none}.left{stroke:var(--c0)}.ahead{stroke:var(--c0);stroke-dasharray:1 5;stroke-linecap:round}.end{fill:var(--c0);stroke:var(--card);stroke-width:2}
.good-text{color:var(--good)}.bad-text{color:var(--bad)}.fair-text{color:var(--fair)}.now-text{color:var(--now)}
`;

export const STYLE: Markup = {
  markup: `
:root{--page:#f5f6f8;--card:#fff;--text:#1b1f24;--soft:#5d6673;--line:#e3e6ea;--track:#dfe4ea;--good:#2f9e5b;--bad:#d64545;--fair:#b7791f;--now:#2f6fde;
--c0:#4269d0;--c1:#efb118;--c2:#ff725c;--c3:#6cc5b0;--c4:#a463f2;--c5:#9c6b4e;--c-rest:#9498a0}
@media(prefers-color-scheme:dark){:root{--page:#101317;--card:#191d23;--text:#e7eaee;--soft:#98a2b0;--line:#2a3038;--track:#323a44;--good:#45b874;--bad:#ef6a6a;--fair:#e0a84a;--now:#6f9ff0;--c0:#6f8fe8;--c-rest:#757b85}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1120px;padding:28px 20px 40px;background:var(--page);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
h1{font-size:26px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}h2{font-size:16px;margin:0}h3{font-size:15px;margin:0}p{margin:0}
header p,footer{color:var(--soft)}footer{font-size:13px;margin-top:20px}
${CARDS_STYLE}
.scroll{overflow-x:auto}table{width:100%;border-collapse:collapse;font-size:14px}th{font-weight:500;font-size:13px;color:var(--soft);text-align:left;white-space:nowrap}th,td{padding:8px 12px 8px 0;border-bottom:1px solid var(--line);vertical-align:top}td:last-child,th:last-child{padding-right:0}tbody tr:last-child td{border-bottom:0}
.number{text-align:right}td.number{white-space:nowrap}.job{display:block;font-weight:550;overflow-wrap:anywhere}.id{display:block;font-size:12px;color:var(--soft);overflow-wrap:anywhere}
summary{cursor:pointer;padding:12px 0 4px;color:var(--now)}
.narrow{display:none}
@media(max-width:760px){body{padding:18px 12px 28px}.wide{display:none}.narrow{display:block}.tiles{grid-template-columns:repeat(2,1fr)}.tile:first-child{grid-column:1/-1}.tile,.card{padding:14px}.value{font-size:21px}td.number{white-space:normal}}
@media print{body{background:none;padding:0}.card,.tile{break-inside:avoid}}
`,
};
