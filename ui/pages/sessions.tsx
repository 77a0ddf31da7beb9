/** All sessions: what runs, how far it is, what it costs. */
import { useMemo, useRef, useState } from 'preact/hooks';
import type { SessionRow } from '../../core/view/session-row';
import { count, usd } from '../format';
import { useKeys } from '../parts/keys';
import { Empty, Failure, Loading } from '../parts/notes';
import { type SessionList, useSessions } from '../use-sessions';
import { FILTERS, type Filter, matches, type Wanted } from './session-filter';
import { Rows } from './session-rows';

export function SessionsPage() {
  const { data, failure } = useSessions();
  if (data === undefined) return failure ? <Failure failure={failure} /> : <Loading what="the sessions" />;
  return (
    <>
      {failure && <Failure failure={failure} />}
      <SessionsList list={data} />
    </>
  );
}

const ANY: Wanted = { filter: 'all', text: '', project: '', owner: '' };
/** Somebody who comes back from a session finds the list as it was left. */
let left: Wanted = ANY;

function SessionsList({ list }: { list: SessionList }) {
  const [wanted, setWanted] = useState(left);
  const want = (change: Partial<Wanted>) => {
    left = { ...wanted, ...change };
    setWanted(left);
  };
  const search = useRef<HTMLInputElement>(null);
  const rows = useMemo(() => list.rows.filter((row) => matches(row, wanted)), [list.rows, wanted]);
  useKeys({
    '/': () => search.current?.focus(),
    j: () => moveFocus(1),
    k: () => moveFocus(-1),
    ArrowDown: () => moveFocus(1),
    ArrowUp: () => moveFocus(-1),
  });
  return (
    <>
      <div class="page-head">
        <h1>Sessions</h1>
        <Totals rows={list.rows} />
      </div>
      <div class="filters">
        <FilterTabs rows={list.rows} wanted={wanted} want={want} />
        <div class="filter-fields">
          <label class="search">
            <span class="hidden">Search sessions</span>
            <SearchIcon />
            <input
              ref={search}
              type="search"
              placeholder="Search id, job, type, error"
              value={wanted.text}
              onInput={(event) => want({ text: event.currentTarget.value })}
              onKeyDown={(event) => {
                if (event.key === 'Escape') event.currentTarget.blur();
                if (event.key === 'ArrowDown' || event.key === 'Enter') moveFocus(1);
              }}
            />
            <span class="key" aria-hidden="true">
              /
            </span>
          </label>
          <Choice name="Project" rows={list.rows} of="project" value={wanted.project} want={want} />
          <Choice name="Owner" rows={list.rows} of="owner" value={wanted.owner} want={want} />
        </div>
      </div>
      {rows.length === 0 ? (
        <Nothing isAll={list.rows.length === 0} reset={() => want(ANY)} />
      ) : (
        <Rows rows={rows} wanted={wanted} now={list.now} />
      )}
      <p class="soft foot" role="status">
        {rows.length === list.rows.length
          ? `${count(rows.length)} ${rows.length === 1 ? 'session' : 'sessions'}`
          : `${count(rows.length)} of ${count(list.rows.length)} sessions`}
        {list.hasMore && ' · older ones: runctl ls --limit 10000'}
      </p>
    </>
  );
}

/** Over the links of the rows, wherever the focus is. */
function moveFocus(by: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>('.rows a.row')];
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  links[at === -1 ? 0 : Math.min(links.length - 1, Math.max(0, at + by))]?.focus();
}

function Totals({ rows }: { rows: readonly SessionRow[] }) {
  const running = rows.filter(({ isOver }) => !isOver);
  const perHour = running.reduce((sum, { usdPerHour }) => sum + (usdPerHour ?? 0), 0);
  if (running.length === 0) return <p class="soft">Nothing is running.</p>;
  return (
    <p class="soft">
      <strong class="text">{count(running.length)}</strong> running at <strong class="text">{usd(perHour)}</strong> an
      hour
    </p>
  );
}

interface Wanting {
  wanted: Wanted;
  want: (change: Partial<Wanted>) => void;
}

function FilterTabs({ rows, wanted, want }: { rows: readonly SessionRow[] } & Wanting) {
  return (
    <fieldset class="tabs small" aria-label="State">
      {FILTERS.map(({ filter, name, has }) => (
        <button
          key={filter}
          type="button"
          aria-pressed={wanted.filter === filter}
          onClick={() => want({ filter: filter as Filter })}
        >
          {name} <span class="soft">{count(rows.filter(has).length)}</span>
        </button>
      ))}
    </fieldset>
  );
}

interface ChoiceProps {
  name: string;
  rows: readonly SessionRow[];
  of: 'project' | 'owner';
  value: string;
  want: Wanting['want'];
}

function Choice({ name, rows, of, value, want }: ChoiceProps) {
  const found = useMemo(() => [...new Set(rows.flatMap((row) => row[of] ?? []))].sort(), [rows, of]);
  if (found.length < 2) return null;
  return (
    <label class="select">
      <span class="hidden">{name}</span>
      <select value={value} onChange={(event) => want({ [of]: event.currentTarget.value })}>
        <option value="">Every {of}</option>
        {found.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
  );
}

function Nothing({ isAll, reset }: { isAll: boolean; reset: () => void }) {
  if (!isAll) {
    return (
      <Empty title="No session is like that.">
        <button type="button" class="button" onClick={reset}>
          Show all
        </button>
      </Empty>
    );
  }
  return (
    <Empty title="No sessions yet.">
      <p>
        Start one with <a href="#/new">the form</a>, or in a terminal:
      </p>
      <pre>runctl init && runctl submit job.json</pre>
    </Empty>
  );
}

function SearchIcon() {
  return (
    <svg
      width="15"
      height="15"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      aria-hidden="true"
    >
      <circle cx="7" cy="7" r="4.500" />
      <path d="m10.500 10.500 4 4" stroke-linecap="round" />
    </svg>
  );
}
