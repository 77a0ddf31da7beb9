/** One session. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ActionName, CheckpointView, SessionDetails } from '../../core/view/page-api';
import type { CallFailure } from '../api';
import { dayAndTime, plural } from '../format';
import { Actions } from '../parts/actions';
import { Failure, Loading } from '../parts/notes';
import { StateBadge } from '../parts/state';
import { sessionAddress } from '../router';
import { CheckpointsTab } from '../session/checkpoints-tab';
import { HistoryTab } from '../session/history-tab';
import { LogsTab } from '../session/logs-tab';
import { OverviewTab } from '../session/overview-tab';
import { PlanTab } from '../session/plan-tab';
import { ReceiptTab } from '../session/receipt-tab';
import { Summary } from '../session/summary';
import { usePolled, usePollMs } from '../use-polled';

export interface Looked {
  details: SessionDetails;
  checkpoints: readonly CheckpointView[];
}

/** What is over is looked at now and then: prices settle, somebody may resume it. */
const OVER_EVERY = 10;

export function SessionPage({ sessionId, tab }: { sessionId: string; tab: string }) {
  const pollMs = usePollMs();
  const [isOver, setOver] = useState(false);
  const everyMs = isOver ? pollMs * OVER_EVERY : pollMs;
  const { data, failure, refresh } = usePolled<SessionDetails>(`sessions/${sessionId}`, sessionId, { everyMs });
  const saved = usePolled<CheckpointView[]>(`sessions/${sessionId}/checkpoints`, `${sessionId} checkpoints`, {
    everyMs: everyMs * 2,
  });
  if (data === undefined)
    return failure ? <NotThere sessionId={sessionId} failure={failure} /> : <Loading what={sessionId} />;
  if (data.view.isOver !== isOver) setOver(data.view.isOver);
  const looked = { details: data, checkpoints: saved.data ?? [] };
  return (
    <>
      {failure && <Failure failure={failure} />}
      <Head details={data} refresh={refresh} />
      <Summary view={data.view} now={data.now} />
      <Outcome details={data} />
      <Tabs sessionId={sessionId} tab={tab} looked={looked} />
      <Tab tab={tab} looked={looked} everyMs={everyMs} failure={saved.failure} />
    </>
  );
}

function NotThere({ sessionId, failure }: { sessionId: string; failure: CallFailure }) {
  return (
    <>
      <h1 class="not-there">{sessionId}</h1>
      <Failure failure={failure} />
      <p>
        <a href="#/">To the sessions</a>
      </p>
    </>
  );
}

function Head({ details: { view, actions, links, job }, refresh }: { details: SessionDetails; refresh: () => void }) {
  const { sessionId, state, createdAt, resumedFromSession } = view;
  return (
    <div class="session-head">
      <div>
        <a class="back" href="#/">
          ← Sessions
        </a>
        <h1>
          <span class="session-id">{sessionId}</span> <StateBadge state={state} />
        </h1>
        <p class="soft facts">
          {job && (
            <>
              <span>{job.name}</span>
              <span>
                {job.project} · {job.owner}
              </span>
            </>
          )}
          {createdAt && <span>since {dayAndTime(createdAt)}</span>}
          {resumedFromSession && (
            <span>
              goes on from <a href={sessionAddress(resumedFromSession)}>{resumedFromSession}</a>
            </span>
          )}
          {links && (
            <a href={links.execution} target="_blank" rel="noreferrer">
              AWS console ↗
            </a>
          )}
        </p>
      </div>
      <Actions
        sessionId={sessionId}
        actions={actions as Partial<Record<ActionName, { runctl: string; aws?: string }>>}
        done={refresh}
      />
    </div>
  );
}

function Outcome({ details: { view } }: { details: SessionDetails }) {
  const { outcome, warnings } = view;
  return (
    <>
      {outcome && outcome.result !== 'succeeded' && (
        <div class={`notice ${outcome.result === 'failed' ? 'bad' : 'fair'}`}>
          <strong>{outcome.error ?? outcome.result}</strong>
          <pre class="message">{outcome.message}</pre>
        </div>
      )}
      {warnings.length > 0 && (
        <div class="notice fair">
          <strong>{plural(warnings.length, 'warning')}</strong>
          <ul>
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

const TABS = [
  ['overview', 'Overview'],
  ['logs', 'Logs'],
  ['checkpoints', 'Checkpoints'],
  ['history', 'History'],
  ['plan', 'Job and plan'],
  ['receipt', 'Receipt'],
] as const;

function Tabs({ sessionId, tab, looked }: { sessionId: string; tab: string; looked: Looked }) {
  const nav = useRef<HTMLElement>(null);
  // On a phone there are more of them than fit. The page itself stays where it is.
  useEffect(() => {
    const current = nav.current?.querySelector('[aria-current]')?.getBoundingClientRect();
    if (!nav.current || !current) return;
    const { left, width } = nav.current.getBoundingClientRect();
    nav.current.scrollLeft += current.left - left - (width - current.width) / 2;
  }, [tab, looked.checkpoints.length > 0]);
  return (
    <nav ref={nav} class="tabs" aria-label="Of this session">
      {TABS.map(([name, title]) => (
        <a key={name} href={sessionAddress(sessionId, name)} aria-current={tab === name ? 'page' : undefined}>
          {title}
          {name === 'checkpoints' && looked.checkpoints.length > 0 && (
            <span class="soft"> {looked.checkpoints.length}</span>
          )}
        </a>
      ))}
    </nav>
  );
}

interface TabProps {
  tab: string;
  looked: Looked;
  everyMs: number;
  /** Of the look at the checkpoints. */
  failure: CallFailure | undefined;
}

function Tab({ tab, looked, everyMs, failure }: TabProps) {
  const { details, checkpoints } = looked;
  switch (tab) {
    case 'logs':
      return <LogsTab details={details} everyMs={everyMs} />;
    case 'checkpoints':
      return failure ? <Failure failure={failure} /> : <CheckpointsTab checkpoints={checkpoints} details={details} />;
    case 'history':
      return <HistoryTab view={details.view} />;
    case 'plan':
      return <PlanTab details={details} />;
    case 'receipt':
      return <ReceiptTab details={details} />;
    default:
      return <OverviewTab details={details} checkpoints={checkpoints} everyMs={everyMs} />;
  }
}
