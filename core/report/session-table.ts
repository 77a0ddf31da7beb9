/** The report's table of sessions: the dearest at once, the rest folded. */
import type { LedgerEntry } from '../costs/ledger';
import { counted, dollars, dollarsOf, percent, shortDay } from './format';
import { html, type Markup } from './markup';

const ROWS_SHOWN = 50;

export function sessionTable(sessions: readonly LedgerEntry[]): Markup {
  const [shown, folded] = [sessions.slice(0, ROWS_SHOWN), sessions.slice(ROWS_SHOWN)];
  const more =
    folded.length === 0
      ? null
      : html`<details><summary>${counted(folded.length, 'more session')}</summary>${table(folded)}</details>`;
  const content =
    shown.length === 0 ? html`<p class="nothing">No session has cost anything.</p>` : html`${table(shown)}${more}`;
  const isUnknown = sessions.some(({ isComplete }) => !isComplete);
  const order = isUnknown ? ', those with an unknown price first, then the dearest' : ', the dearest first';
  return html`<section class="card"><h2>Sessions</h2><p class="note">${counted(sessions.length, 'session')}${sessions.length > 1 ? order : ''}</p>${content}</section>`;
}

function table(sessions: readonly LedgerEntry[]): Markup {
  return html`<div class="scroll"><table>
<thead><tr><th>Session</th><th class="wide">Project</th><th class="wide">Owner</th><th class="wide">Began</th><th>Result</th><th class="number wide">Attempts</th><th class="number wide">Interrupted</th><th class="number wide">Wasted</th><th class="number wide">Saved</th><th class="number">Cost</th></tr></thead>
<tbody>
${sessions.map(row)}</tbody>
</table></div>`;
}

const RESULT_CLASS = {
  succeeded: 'good-text',
  failed: 'bad-text',
  stopped: 'fair-text',
  aborted: 'fair-text',
} as const;

function row(entry: LedgerEntry): Markup {
  const { sessionId, job, project, owner, createdAt, result, attempts, interruptions, wastedUsd } = entry;
  return html`<tr><td><span class="job">${job}</span><span class="id">${sessionId}</span><span class="id narrow">${project} · ${owner} · ${shortDay(createdAt)}</span></td><td class="wide">${project}</td><td class="wide">${owner}</td><td class="wide">${shortDay(createdAt)}</td><td><span class="${result === null ? 'now-text' : RESULT_CLASS[result]}">${result ?? 'running'}</span></td><td class="number wide">${attempts}</td><td class="number wide">${interruptions}</td><td class="number wide">${dollars(wastedUsd)}</td><td class="number wide">${savedBy(entry)}</td><td class="number">${dollarsOf(entry)}</td></tr>
`;
}

function savedBy({ usd, isComplete, onDemandUsd }: LedgerEntry): string {
  return isComplete && onDemandUsd !== null ? percent(onDemandUsd - usd, onDemandUsd) : 'unknown';
}
