/** What is on the bill now. */
import type { FleetAnswer, FleetInstance } from '../../core/view/page-api';
import { coarse, count, plural, usd } from '../format';
import { CommandLine } from '../parts/copy';
import { Empty, Failure, Loading } from '../parts/notes';
import { sessionAddress } from '../router';
import { usePolled, usePollMs } from '../use-polled';

/** In the order in which people care. */
const STATES = ['running', 'pending', 'stopping', 'stopped', 'shutting-down', 'terminated'];
const TONES: Readonly<Record<string, string>> = {
  running: 'live',
  pending: 'wait',
  stopping: 'leave',
  'shutting-down': 'leave',
};

export function FleetPage() {
  const { data, failure } = usePolled<FleetAnswer>('fleet', 'fleet', { everyMs: usePollMs() * 2 });
  if (data === undefined) return failure ? <Failure failure={failure} /> : <Loading what="the fleet" />;
  const { instances, zombies } = data;
  const standing = instances.filter(({ state }) => !['terminated', 'shutting-down'].includes(state));
  const perHour = standing.reduce((sum, { usdPerHour }) => sum + (usdPerHour ?? 0), 0);
  const isUnknown = standing.some(({ usdPerHour }) => usdPerHour === null);
  return (
    <>
      {failure && <Failure failure={failure} />}
      <div class="page-head">
        <h1>Fleet</h1>
        <p class="soft">
          <strong class="text">{count(standing.length)}</strong> {standing.length === 1 ? 'instance' : 'instances'} at{' '}
          <strong class="text">
            {isUnknown && '≥ '}
            {usd(perHour)}
          </strong>{' '}
          an hour
        </p>
      </div>
      <div class="stack">
        <Zombies zombies={zombies} reapCommand={data.reapCommand} />
        {instances.length === 0 ? (
          <Empty title="No instance is on the bill." />
        ) : (
          STATES.map((state) => (
            <Group key={state} state={state} own={instances.filter((each) => each.state === state)} zombies={zombies} />
          ))
        )}
      </div>
    </>
  );
}

interface GroupProps {
  state: string;
  own: readonly FleetInstance[];
  zombies: FleetAnswer['zombies'];
}

function Group({ state, own, zombies }: GroupProps) {
  if (own.length === 0) return null;
  const isZombie = (id: string) => zombies.some(({ resourceId }) => resourceId === id);
  return (
    <section class="card scroll">
      <h2 class={`tone-${TONES[state] ?? 'rest'}`}>
        {state} <span class="soft">{own.length}</span>
      </h2>
      <table class="fleet">
        <thead>
          <tr>
            <th>Instance</th>
            <th>Type</th>
            <th>Zone</th>
            <th>Market</th>
            <th class="number">Age</th>
            <th class="number">An hour</th>
            <th>Session</th>
          </tr>
        </thead>
        <tbody>
          {own.map((each) => (
            <tr key={each.instanceId}>
              <td class="mono nowrap">
                {each.instanceId}
                {isZombie(each.instanceId) && <span class="tag bad">zombie</span>}
              </td>
              <td class="nowrap">{each.instanceType}</td>
              <td class="nowrap">{each.zone}</td>
              <td class="nowrap">{each.market}</td>
              <td class="number nowrap">{coarse(each.ageSeconds)}</td>
              <td class="number nowrap">{usd(each.usdPerHour)}</td>
              <td>
                {each.sessionId === null ? (
                  <span class="soft">none</span>
                ) : (
                  <>
                    <a href={sessionAddress(each.sessionId)}>{each.sessionId}</a>
                    {each.attempt !== null && <span class="soft"> attempt {each.attempt}</span>}
                  </>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const REASONS: Record<FleetAnswer['zombies'][number]['reason'], string> = {
  'no-record': 'no record of its session',
  expired: 'its time is over',
};

function Zombies({ zombies, reapCommand }: Pick<FleetAnswer, 'zombies' | 'reapCommand'>) {
  if (zombies.length === 0) {
    return <p class="notice good">Every instance and volume is accounted for.</p>;
  }
  return (
    <section class="card scroll zombies">
      <div class="card-head">
        <h2 class="tone-bad">Zombies</h2>
        <span class="soft">
          {plural(zombies.length, 'resource')} that no session accounts for; the reaper looks every ten minutes
        </span>
      </div>
      <table>
        <thead>
          <tr>
            <th>Resource</th>
            <th>What</th>
            <th class="number">Age</th>
            <th>Reason</th>
            <th>Reaper</th>
          </tr>
        </thead>
        <tbody>
          {zombies.map(({ resourceId, kind, what, zone, ageSeconds, reason, isProtected, markedAt }) => (
            <tr key={resourceId}>
              <td class="mono nowrap">{resourceId}</td>
              <td class="nowrap">
                {kind}, {what} <span class="soft">{zone}</span>
              </td>
              <td class="number nowrap">{coarse(ageSeconds)}</td>
              <td>{REASONS[reason]}</td>
              <td class="nowrap">
                {isProtected
                  ? 'protected: stays'
                  : markedAt === null
                    ? 'not seen yet'
                    : 'marked: ends at its next look'}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="commands">
        <p class="soft">To end them now</p>
        <CommandLine command={reapCommand} />
      </div>
    </section>
  );
}
