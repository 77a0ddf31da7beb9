/** The list's rows: a link each. */
import { memo } from 'preact/compat';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { SessionRow } from '../../core/view/session-row';
import { ago, coarse, count, dayAndTime, metric, money, percent } from '../format';
import { Bar } from '../parts/bar';
import { StateBadge, toneOf } from '../parts/state';
import { sessionAddress } from '../router';
import type { Wanted } from './session-filter';

/** A screen has a dozen; more of them come as one scrolls, or goes down by keys. */
const ROWS_AT_FIRST = 100;
const ROWS_MORE = 200;

export function Rows({ rows, wanted, now }: { rows: readonly SessionRow[]; wanted: Wanted; now: number }) {
  const [shown, setShown] = useState(ROWS_AT_FIRST);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => setShown(ROWS_AT_FIRST), [wanted]);
  const isMore = rows.length > shown;
  useEffect(() => {
    if (!end.current) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) setShown((count) => count + ROWS_MORE);
      },
      { rootMargin: '1500px' },
    );
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [isMore, shown]);
  return (
    <div class="list">
      <div class="row heads" aria-hidden="true">
        <span>State</span>
        <span>Session</span>
        <span>Progress</span>
        <span class="wide-only">Metric</span>
        <span class="wide-only">Machine</span>
        <span class="end">Cost</span>
        <span class="end">Started</span>
      </div>
      <ul class="rows">
        {rows.slice(0, shown).map((row) => (
          // What has ended looks the same at every look, but for its age in words.
          <Row
            key={row.sessionId}
            row={row}
            started={row.createdAt === null ? '' : ago(row.createdAt, now)}
            took={tookOf(row)}
          />
        ))}
      </ul>
      {isMore && <div ref={end} class="more-rows" />}
    </div>
  );
}

function tookOf({ createdAt, endedAt }: SessionRow): string {
  return createdAt === null || endedAt === null ? '' : coarse((Date.parse(endedAt) - Date.parse(createdAt)) / 1000);
}

const Row = memo(function Row({ row, started, took }: { row: SessionRow; started: string; took: string }) {
  const { sessionId, state, project, owner, interruptions, instanceType, nodes, attempt } = row;
  return (
    <li>
      <a class="row" href={sessionAddress(sessionId)}>
        <StateBadge state={state} />
        <span class="who">
          <strong title={sessionId}>{sessionId}</strong>
          <span class="soft">
            {project === null ? (row.error ?? 'not planned yet') : `${project} · ${owner}`}
            {row.error !== null && project !== null && <span class="bad-text"> · {row.error}</span>}
          </span>
        </span>
        <Progress row={row} />
        <span class="wide-only num">
          {row.metric && (
            <>
              <span class="soft">{row.metric.name}</span> {metric(row.metric.value)}
            </>
          )}
        </span>
        <span class="wide-only machine">
          {instanceType}
          {nodes > 1 && ` × ${nodes}`}
          <span class="soft">
            {interruptions > 0 ? `interrupted ${interruptions}×` : attempt > 1 && `attempt ${attempt}`}
          </span>
        </span>
        <Cost row={row} />
        <span class="end when">
          {started}
          <span class="soft">{row.isOver ? `took ${took}` : row.createdAt && dayAndTime(row.createdAt)}</span>
        </span>
      </a>
    </li>
  );
});

function Progress({ row: { step, total, fraction, etaSeconds, state, isOver } }: { row: SessionRow }) {
  if (step === null) return <span class="progress soft" />;
  const tone = toneOf(state);
  return (
    <span class="progress">
      <Bar fraction={fraction ?? (isOver ? 0 : null)} tone={tone} label={`Progress of step ${step}`} />
      <span class="soft num">
        <span>{total === null ? `step ${count(step)}` : `${count(step)} of ${count(total)}`}</span>
        {etaSeconds !== null && <span>{coarse(etaSeconds)} left</span>}
      </span>
    </span>
  );
}

function Cost({ row: { usd: spent, knownUsd, maxUsd, project } }: { row: SessionRow }) {
  if (project === null) return <span class="end soft num cost">–</span>;
  return (
    <span class="end num cost">
      {money(spent, knownUsd)}
      {maxUsd !== null && (
        <span class={knownUsd > 0.9 * maxUsd ? 'bad-text' : 'soft'}>
          {percent(knownUsd / maxUsd)} of ${maxUsd}
        </span>
      )}
    </span>
  );
}
