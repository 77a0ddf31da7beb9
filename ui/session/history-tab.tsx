/** What happened, decision by decision. */
import type { SessionView } from '../../core/view/session-view';
import { clock, day, moment } from '../format';
import { Empty } from '../parts/notes';

export function HistoryTab({ view: { timeline } }: { view: SessionView }) {
  if (timeline.length === 0) return <Empty title="Nothing has happened yet." />;
  const days = timeline.map(({ at }) => day(new Date(at)));
  const isOfOneDay = new Set(days).size === 1;
  return (
    <ol class="card history">
      {timeline.map(({ at, what }, index) => {
        const [first = '', ...rest] = what.split('\n');
        return (
          <li key={index}>
            <time dateTime={at} title={moment(new Date(at))}>
              {!isOfOneDay && days[index] !== days[index - 1] && <span class="day">{days[index]}</span>}
              {clock(at)}
            </time>
            <span class="what">
              {first}
              {rest.length > 0 && <pre>{rest.join('\n')}</pre>}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
