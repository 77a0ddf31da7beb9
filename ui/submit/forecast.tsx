/** What a job would run on, and what it may cost. */
import type { PlanView } from '../../core/view/page-api';
import { duration, usd } from '../format';

const CASES = [
  ['atBest', 'at best'],
  ['likely', 'likely'],
  ['atWorst', 'at worst'],
] as const;

export function ForecastCard({ view }: { view: PlanView }) {
  const { pools, forecast, hoursFrom, inputs, diskWarning } = view;
  return (
    <div class="forecast">
      <table>
        <thead>
          <tr>
            <th>Pool</th>
            <th class="number">Spot</th>
            <th class="number">On demand</th>
          </tr>
        </thead>
        <tbody>
          {pools.map(({ instanceType, vcpus, gpus, spotUsdPerHour, onDemandUsdPerHour, markets }) => (
            <tr key={instanceType}>
              <td>
                {instanceType} <span class="soft">{gpus > 0 ? `${gpus} GPU` : `${vcpus} vCPU`}</span>
              </td>
              <td class={markets.includes('spot') ? 'number' : 'number soft'}>{usd(spotUsdPerHour)}</td>
              <td class={markets.includes('on-demand') ? 'number' : 'number soft'}>{usd(onDemandUsdPerHour)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl class="cases">
        {CASES.map(([key, name]) => (
          <div key={key}>
            <dt class="soft">{name}</dt>
            <dd>
              <strong>{usd(forecast[key].usd)}</strong>
              <span class="soft">
                {duration(forecast[key].hours * 3600)}, {forecast[key].interruptions} interruptions
              </span>
            </dd>
          </div>
        ))}
      </dl>
      <p class="soft">
        {duration(forecast.trainingHours * 3600)} of training, {hoursFrom.startsWith('as ') ? '' : 'from '}
        {hoursFrom.split(';')[0]}; {forecast.assumptions[0]}.
        {forecast.endedBy && ` At worst ${forecast.endedBy} ends it.`}
      </p>
      {diskWarning !== null && <p class="fair-text">{diskWarning}</p>}
      {inputs
        .filter(({ access }) => access !== 'found')
        .map(({ field, uri, access }) => (
          <p key={field} class="fair-text">
            {field}: {uri} ({access})
          </p>
        ))}
    </div>
  );
}
