/** The job as it was submitted, and what plan-job made of it. */
import type { Plan, SessionDetails } from '../../core/view/page-api';
import { usd } from '../format';
import { CopyButton } from '../parts/copy';
import { Empty, Failure, Loading } from '../parts/notes';
import { usePolled } from '../use-polled';

export function PlanTab({ details: { view, job } }: { details: SessionDetails }) {
  const { data: plan, failure } = usePolled<Plan | null>(`sessions/${view.sessionId}/plan`, `${view.sessionId} plan`, {
    everyMs: 0,
  });
  if (failure) return <Failure failure={failure} />;
  if (plan === undefined) return <Loading what="the plan" />;
  if (job === null) return <Empty title="There is no plan." />;
  const text = JSON.stringify(job, null, 2);
  return (
    <div class="columns">
      <section class="card">
        <h2>Pools</h2>
        <p class="soft">Any of these will do; prices are those of when it was planned.</p>
        {plan === null ? <p class="soft">The plan is gone.</p> : <Pools plan={plan} />}
        <dl class="facts-list">
          <dt>Results</dt>
          <dd class="mono">{view.resultsUri ?? '–'}</dd>
          <dt>Command</dt>
          <dd class="mono">{job.command}</dd>
          {view.executionArn && (
            <>
              <dt>Execution</dt>
              <dd class="mono">{view.executionArn}</dd>
            </>
          )}
        </dl>
      </section>
      <section class="card">
        <div class="card-head">
          <h2>Job</h2>
          <span>
            <CopyButton text={text} /> · <a href={`#/new?from=${view.sessionId}`}>Use it for a new one</a>
          </span>
        </div>
        <pre class="code">{text}</pre>
      </section>
    </div>
  );
}

const gib = ({ memoryMiB }: Plan['instanceTypes'][number]) => `${memoryMiB / 1024} GiB`;

function Pools({ plan }: { plan: Plan }) {
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Type</th>
            <th class="number roomy as-is">vCPU</th>
            <th class="number roomy">Memory</th>
            <th class="number roomy">GPU</th>
            <th class="number">Spot</th>
            <th class="number">On demand</th>
          </tr>
        </thead>
        <tbody>
          {plan.instanceTypes.map((type) => (
            <tr key={type.instanceType}>
              <td>
                <span class="mono">{type.instanceType}</span>
                <div class="soft cramped">
                  {type.vcpus} vCPU · {gib(type)}
                  {type.gpus > 0 && ` · ${type.gpus} GPU`}
                </div>
              </td>
              <td class="number roomy">{type.vcpus}</td>
              <td class="number nowrap roomy">{gib(type)}</td>
              <td class="number roomy">{type.gpus || '–'}</td>
              <td class="number nowrap">{usd(type.spotUsdPerHour)}</td>
              <td class="number nowrap">{usd(type.onDemandUsdPerHour)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
