/** The frame: where one is, where one can go, and which cloud this is. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { CloudInfo } from '../core/view/page-api';
import { CostsPage } from './pages/costs';
import { FleetPage } from './pages/fleet';
import { SessionPage } from './pages/session';
import { SessionsPage } from './pages/sessions';
import { SubmitPage } from './pages/submit';
import { KeysHelp, PAGE_KEYS, useKeys } from './parts/keys';
import { Failure, Loading } from './parts/notes';
import { ThemeButton } from './parts/theme-button';
import type { Place } from './place';
import { usePlace } from './router';
import { CloudContext, usePolled } from './use-polled';

export function App() {
  const place = usePlace();
  const { data: cloud, failure } = usePolled<CloudInfo>('cloud', 'cloud', { everyMs: 15_000 });
  const [isHelpOpen, setHelpOpen] = useState(false);
  useKeys({ ...PAGE_KEYS, '?': () => setHelpOpen(true) });
  return (
    <CloudContext.Provider value={cloud}>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <header class="bar">
        <a class="brand" href="#/">
          <BrandMark /> runctl
        </a>
        <nav aria-label="Pages">
          {NAV.map(({ address, page, name }) => (
            <a key={page} href={address} aria-current={isAt(place, page) ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <span class="bar-end">
          {cloud && <CloudName cloud={cloud} />}
          <ThemeButton />
          <a class="button strong" href="#/new">
            New<span class="bar-wide">&nbsp;job</span>
          </a>
        </span>
      </header>
      <Main place={place}>
        {failure && cloud === undefined ? (
          <Failure failure={failure} />
        ) : cloud === undefined ? (
          <Loading what="the stack" />
        ) : (
          <>
            {failure && !ASKS_ITSELF.has(place.page) && <Failure failure={failure} />}
            <Page place={place} />
          </>
        )}
      </Main>
      <KeysHelp isOpen={isHelpOpen} close={() => setHelpOpen(false)} />
    </CloudContext.Provider>
  );
}

const NAV = [
  { page: 'sessions', address: '#/', name: 'Sessions' },
  { page: 'fleet', address: '#/fleet', name: 'Fleet' },
  { page: 'costs', address: '#/costs', name: 'Costs' },
] as const;

const isAt = (place: Place, page: string) => place.page === page || (page === 'sessions' && place.page === 'session');

/** Pages that say by themselves that nobody answers. */
const ASKS_ITSELF: ReadonlySet<Place['page']> = new Set(['sessions', 'session', 'fleet', 'costs']);

const TITLES: Record<Place['page'], string> = {
  sessions: 'Sessions',
  session: 'Session',
  new: 'New job',
  fleet: 'Fleet',
  costs: 'Costs',
  nowhere: 'Nothing here',
};

/** Whoever goes elsewhere by keyboard or screen reader begins at the top of what is there. */
function Main({ place, children }: { place: Place; children: preact.ComponentChildren }) {
  const main = useRef<HTMLElement>(null);
  const where = place.page === 'session' ? place.sessionId : place.page;
  const first = useRef(true);
  useEffect(() => {
    document.title = `${place.page === 'session' ? place.sessionId : TITLES[place.page]} · runctl`;
    if (!first.current) {
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    first.current = false;
  }, [where]);
  return (
    <main id="main" ref={main} tabIndex={-1}>
      {children}
    </main>
  );
}

function Page({ place }: { place: Place }) {
  switch (place.page) {
    case 'sessions':
      return <SessionsPage />;
    case 'session':
      return <SessionPage key={place.sessionId} sessionId={place.sessionId} tab={place.tab} />;
    case 'new':
      return <SubmitPage key={place.from ?? ''} from={place.from} />;
    case 'fleet':
      return <FleetPage />;
    case 'costs':
      return <CostsPage />;
    case 'nowhere':
      return (
        <p class="empty">
          There is no such page. <a href="#/">To the sessions</a>
        </p>
      );
  }
}

function CloudName({ cloud: { isLocal, stackName, region, accountId } }: { cloud: CloudInfo }) {
  const where = isLocal ? 'local cloud' : region;
  return (
    <span
      class="cloud"
      title={`Stack ${stackName} in ${isLocal ? 'the local cloud' : `account ${accountId}, ${region}`}`}
    >
      <span class={isLocal ? 'cloud-dot local' : 'cloud-dot'} />
      {where}
      {stackName !== 'Runctl' && <span class="soft"> · {stackName}</span>}
    </span>
  );
}

function BrandMark() {
  return (
    <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M7 23V9h9.2c3.4 0 5.6 1.9 5.6 4.9 0 2.4-1.4 4.1-3.6 4.7L23 23h-4.3l-4.2-4.2h-3.7V23zm3.800-7.300h5c1.400 0 2.200-.700 2.200-1.800s-.8-1.800-2.200-1.800h-5z"
        fill="var(--on-accent)"
      />
    </svg>
  );
}
