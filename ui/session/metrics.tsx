/** Metrics over steps: a chart each, zoomed together; all attempts stitched, checkpoints on the same axis. */
import { useMemo, useState } from 'preact/hooks';
import type { AttemptMetrics } from '../../core/view/metric-history';
import type { CheckpointView } from '../../core/view/page-api';
import { lossFirst } from '../../core/view/session-row';
import type { SessionView } from '../../core/view/session-view';
import { count } from '../format';
import { MetricChart } from './metric-chart';
import { type Events, extent, type Range, stitch, zoomed } from './metric-data';

interface Props {
  attempts: readonly AttemptMetrics[];
  view: SessionView;
  checkpoints: readonly CheckpointView[];
}

const CHARTS_SHOWN = 4;

export function Metrics({ attempts, view, checkpoints }: Props) {
  const [zoom, setZoom] = useState<Range | null>(null);
  const [isLog, setLog] = useState(false);
  const names = useMemo(() => namesOf(attempts), [attempts]);
  const [shown, setShown] = useState<ReadonlySet<string> | null>(null);
  const chosen = names.filter((name, index) => shown?.has(name) ?? index < CHARTS_SHOWN);
  const events = useMemo(() => eventsOf(view, checkpoints), [view, checkpoints]);
  const all = extent(attempts, view.progress?.total ?? null);
  const act = (key: string) => {
    const next = zoomed(key, zoom, all);
    if (next !== undefined) setZoom(next);
    return next !== undefined;
  };
  const toggle = (name: string) => {
    const next = new Set(chosen);
    if (!next.delete(name)) next.add(name);
    setShown(next);
  };
  return (
    <section class="card">
      <div class="card-head wrap">
        <h2>Metrics</h2>
        <fieldset class="chips" aria-label="Metrics">
          {names.map((name) => (
            <button key={name} type="button" aria-pressed={chosen.includes(name)} onClick={() => toggle(name)}>
              {name}
            </button>
          ))}
        </fieldset>
        <div class="chart-tools">
          <button type="button" class="chip" aria-pressed={isLog} onClick={() => setLog(!isLog)}>
            log
          </button>
          <fieldset class="button-group" aria-label="Zoom">
            <button type="button" onClick={() => act('-')} aria-label="Zoom out" disabled={zoom === null}>
              −
            </button>
            <button type="button" onClick={() => act('+')} aria-label="Zoom in">
              +
            </button>
            <button type="button" onClick={() => act('0')} disabled={zoom === null}>
              All
            </button>
          </fieldset>
        </div>
      </div>
      <div class={chosen.length > 1 ? 'charts' : 'charts one'}>
        {chosen.map((name) => (
          <MetricChart
            key={name}
            name={name}
            data={stitch(attempts, name)}
            events={events}
            range={zoom ?? all}
            isLog={isLog}
            onZoom={setZoom}
            onKey={act}
          />
        ))}
      </div>
      <ul class="legend">
        {attempts.length > 1 &&
          attempts.map(({ attempt }) => (
            <li key={attempt}>
              <span class="swatch" style={{ background: `var(--c${(attempt - 1) % 6})` }} /> attempt {attempt}
            </li>
          ))}
        {events.resumes.length > 0 && (
          <li>
            <span class="swatch dashed" /> resumed
          </li>
        )}
        {events.checkpoints.length > 0 && (
          <li>
            <svg width="12" height="12" viewBox="-6 -6 12 12" class="mark mark-checkpoint" aria-hidden="true">
              <path d="M0-5 5 0 0 5-5 0z" />
            </svg>
            checkpoint {events.checkpoints.map(count).slice(-3).join(', ')}
          </li>
        )}
        <li class="hint">drag to zoom, double-click for all</li>
      </ul>
    </section>
  );
}

function namesOf(attempts: readonly AttemptMetrics[]): string[] {
  const names = new Set(attempts.flatMap(({ metrics }) => Object.keys(metrics)));
  return [...names]
    .map((name) => [name, 0] as const)
    .sort(lossFirst)
    .map(([name]) => name);
}

function eventsOf({ attempts }: SessionView, checkpoints: readonly CheckpointView[]): Events {
  return {
    checkpoints: [...new Set(checkpoints.flatMap(({ step }) => step ?? []))].sort((a, b) => a - b),
    resumes: attempts.flatMap(({ resumedFrom }) => resumedFrom?.step ?? []),
  };
}
