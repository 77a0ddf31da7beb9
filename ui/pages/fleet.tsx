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
          <Instances instances={instances} zombies={zombies} />
        )}
      </div>
    </>
  );
}

function Instances({ instances, zombies }: Pick<FleetAnswer, 'instances' | 'zombies'>) {
  const suspects = new Set(zombies.map(({ resourceId }) => resourceId));
  return (
    <section class="card">
      <table class="fleet">
        <thead>
          <tr>
            <th>Instance</th>
            <th class="roomy">Session</th>
            <th class="number">Age</th>
            <th class="number">An hour</th>
          </tr>
        </thead>
        {STATES.map((state) => {
          const own = instances.filter((each) => each.state === state);
          return own.length === 0 ? null : (
            <tbody key={state}>
              <tr class="group">
                <th colSpan={4} scope="rowgroup" class={`tone-${TONES[state] ?? 'rest'}`}>
                  {state} <span class="soft">{own.length}</span>
                </th>
              </tr>
              {own.map((each) => (
                <Instance key={each.instanceId} instance={each} isZombie={suspects.has(each.instanceId)} />
              ))}
            </tbody>
          );
        })}
      </table>
    </section>
  );
}

function Instance({ instance, isZombie }: { instance: FleetInstance; isZombie: boolean }) {
  const { instanceId, instanceType, zone, market, sessionId, attempt, ageSeconds, usdPerHour } = instance;
  return (
    <tr>
      <td>
        <span class="mono">{instanceId}</span>
        {isZombie && <span class="tag bad">zombie</span>}
        <div class="soft">
          {instanceType} · {zone} · {market}
        </div>
        {sessionId !== null && (
          <a class="cramped breaking" href={sessionAddress(sessionId)}>
            {sessionId}
          </a>
        )}
      </td>
      <td class="breaking roomy">
        {sessionId === null ? <span class="soft">none</span> : <a href={sessionAddress(sessionId)}>{sessionId}</a>}
        {attempt !== null && <div class="soft">attempt {attempt}</div>}
      </td>
      <td class="number nowrap">{coarse(ageSeconds)}</td>
      <td class="number nowrap">{usd(usdPerHour)}</td>
    </tr>
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
    <section class="card zombies">
      <div class="card-head wrap">
        <h2 class="tone-bad">Zombies</h2>
        <span class="soft">
          {plural(zombies.length, 'resource')} that no session accounts for; the reaper looks every ten minutes
        </span>
      </div>
      <table>
        <thead>
          <tr>
            <th>Resource</th>
            <th>Why</th>
            <th class="number">Age</th>
          </tr>
        </thead>
        <tbody>
          {zombies.map(({ resourceId, kind, what, zone, ageSeconds, reason, isProtected, markedAt }) => (
            <tr key={resourceId}>
              <td>
                <span class="mono">{resourceId}</span>
                <div class="soft">
                  {kind} · {what} · {zone}
                </div>
              </td>
              <td>
                {REASONS[reason]}
                <div class="soft">{fateOf(isProtected, markedAt)}</div>
              </td>
              <td class="number nowrap">{coarse(ageSeconds)}</td>
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

function fateOf(isProtected: boolean, markedAt: string | null): string {
  if (isProtected) return 'protected: it stays';
  return markedAt === null ? 'the reaper has not seen it yet' : 'marked: it ends at the reaper’s next look';
}
