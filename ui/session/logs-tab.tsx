/** What training printed: follows while it prints, and is searched. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { LogsAnswer, SessionDetails } from '../../core/view/page-api';
import { count } from '../format';
import { Empty, Failure, Loading } from '../parts/notes';
import { usePolled } from '../use-polled';
import { LogLines } from './log-lines';
import { LogSearch } from './log-search';

interface Log extends LogsAnswer {
  /** All that was read so far, from line `dropped` on. */
  all: string[];
}

function merge(before: Log | undefined, answer: LogsAnswer): Log {
  const isSame = before?.generation === answer.generation && before.attempt === answer.attempt;
  if (isSame && answer.lines.length === 0) return { ...answer, all: before.all };
  const kept = isSame ? before.all.slice(Math.max(0, answer.dropped - before.dropped)) : [];
  return { ...answer, all: [...kept, ...answer.lines] };
}

const nextLine = ({ from, lines }: Log) => from + lines.length;

export function LogsTab({ details: { view }, everyMs }: { details: SessionDetails; everyMs: number }) {
  const launched = view.attempts.filter(({ nodes }) => nodes.length > 0);
  const [chosen, setChosen] = useState<number | null>(null);
  const [rank, setRank] = useState(0);
  const attempt =
    launched.find(({ number }) => number === chosen) ?? launched.findLast(({ number }) => number <= view.attempt);
  if (attempt === undefined) return <Empty title="Nothing is launched yet: there is no log." />;
  return (
    <LogOf
      key={`${attempt.number}/${rank}`}
      sessionId={view.sessionId}
      attempt={attempt.number}
      rank={rank}
      everyMs={everyMs}
      choices={
        <>
          {launched.length > 1 && (
            <label class="select">
              <span class="hidden">Attempt</span>
              <select value={attempt.number} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
                {launched.map(({ number }) => (
                  <option key={number} value={number}>
                    Attempt {number}
                  </option>
                ))}
              </select>
            </label>
          )}
          {attempt.nodes.length > 1 && (
            <label class="select">
              <span class="hidden">Node</span>
              <select value={rank} onChange={(event) => setRank(Number(event.currentTarget.value))}>
                {attempt.nodes.map((node) => (
                  <option key={node.rank} value={node.rank}>
                    Node {node.rank}
                  </option>
                ))}
              </select>
            </label>
          )}
        </>
      }
    />
  );
}

interface LogOfProps {
  sessionId: string;
  attempt: number;
  rank: number;
  everyMs: number;
  choices: preact.ComponentChildren;
}

function LogOf({ sessionId, attempt, rank, everyMs, choices }: LogOfProps) {
  const { data, failure } = usePolled<Log>(
    (known) =>
      `sessions/${sessionId}/logs?attempt=${attempt}&node=${rank}` +
      (known ? `&generation=${known.generation}&from=${nextLine(known)}` : ''),
    `${sessionId} log ${attempt} ${rank}`,
    { everyMs, merge },
  );
  const [text, setText] = useState('');
  const [isOnly, setOnly] = useState(false);
  const [isFollowing, setFollowing] = useState(true);
  const [at, setAt] = useState(0);
  const all = data?.all ?? [];
  const found = useMemo(() => matchesOf(all, text), [all, text]);
  useEffect(() => setAt(Math.max(0, found.length - 1)), [text]);
  const isFiltering = isOnly && text !== '';
  const lines = isFiltering ? found : undefined;
  const move = (by: number) => {
    if (found.length === 0) return;
    setFollowing(false);
    setAt((at + by + found.length) % found.length);
  };
  return (
    <section class="card log-card">
      <div class="log-tools">
        {choices}
        <LogSearch
          text={text}
          at={at}
          found={found.length}
          isOnly={isOnly}
          search={(wanted) => {
            setText(wanted);
            // Whoever searches wants to see what is found.
            if (wanted !== '') setFollowing(false);
          }}
          move={move}
          setOnly={setOnly}
        />
        <span class="push soft num">
          {count(all.length)} {all.length === 1 ? 'line' : 'lines'}
          {data !== undefined && !data.isOver && ' · live'}
        </span>
        <button type="button" class="chip" aria-pressed={isFollowing} onClick={() => setFollowing(!isFollowing)}>
          follow
        </button>
      </div>
      {failure && <Failure failure={failure} />}
      {data === undefined && !failure && <Loading what="the log" />}
      {data !== undefined && all.length === 0 && (
        <Empty title={data.isOver ? 'It has printed nothing.' : 'It has printed nothing yet.'} />
      )}
      {data !== undefined && data.dropped > 0 && (
        <p class="soft">
          {count(data.dropped)} older lines: <code>runctl logs {sessionId}</code>
        </p>
      )}
      {all.length > 0 && (
        <LogLines
          lines={all}
          shown={lines}
          firstNumber={(data?.dropped ?? 0) + 1}
          text={text}
          current={text === '' ? undefined : found[at]}
          isFollowing={isFollowing}
          stopFollowing={() => setFollowing(false)}
        />
      )}
    </section>
  );
}

/** Indices of lines that have the text in them, whatever its case. */
function matchesOf(lines: readonly string[], text: string): number[] {
  if (text === '') return [];
  const wanted = text.toLowerCase();
  return lines.flatMap((line, index) => (line.toLowerCase().includes(wanted) ? [index] : []));
}
