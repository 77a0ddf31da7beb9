/** A session at a glance: where it is in the state machine, its attempts over time, its metrics over steps. */
import type { CheckpointView, MetricsAnswer, SessionDetails, StatesAnswer } from '../../core/view/page-api';
import { Empty, Failure, Loading } from '../parts/notes';
import { usePolled } from '../use-polled';
import { GanttChart } from './gantt-chart';
import { Metrics } from './metrics';
import { StateGraph } from './state-graph';

interface Props {
  details: SessionDetails;
  checkpoints: readonly CheckpointView[];
  everyMs: number;
}

export function OverviewTab({ details, checkpoints, everyMs }: Props) {
  return (
    <div class="stack">
      <States details={details} everyMs={everyMs} />
      <GanttChart details={details} checkpoints={checkpoints} />
      <MetricCharts details={details} checkpoints={checkpoints} everyMs={everyMs} />
    </div>
  );
}

function States({ details: { view, now }, everyMs }: Pick<Props, 'details' | 'everyMs'>) {
  const { sessionId } = view;
  const { data, failure } = usePolled<StatesAnswer>(`sessions/${sessionId}/states`, `${sessionId} states`, { everyMs });
  return (
    <section class="card">
      <h2>State machine</h2>
      {data === undefined ? (
        failure ? (
          <Failure failure={failure} />
        ) : (
          <Loading what="the execution" />
        )
      ) : data.states === null ? (
        <p class="soft">Step Functions keeps an execution for 90 days; this one is forgotten.</p>
      ) : (
        <StateGraph timings={data.states} view={view} now={now} />
      )}
    </section>
  );
}

function MetricCharts({ details: { view }, checkpoints, everyMs }: Props) {
  const { sessionId } = view;
  const { data, failure } = usePolled<MetricsAnswer>(
    (known) => `sessions/${sessionId}/metrics?version=${encodeURIComponent(known?.version ?? '')}`,
    `${sessionId} metrics`,
    { everyMs, merge: (before, answer) => (answer.attempts === undefined && before ? before : answer) },
  );
  if (data?.attempts === undefined) {
    return <section class="card">{failure ? <Failure failure={failure} /> : <Loading what="the metrics" />}</section>;
  }
  const hasAny = data.attempts.some(({ metrics }) => Object.keys(metrics).length > 0);
  if (!hasAny) {
    return (
      <section class="card">
        <h2>Metrics</h2>
        <Empty title="Training has told of no metric.">
          <p>
            What it prints is read, such as <code>step=5 total=100 loss=0.3</code>, JSON lines, progress bars.
          </p>
        </Empty>
      </section>
    );
  }
  return <Metrics attempts={data.attempts} view={view} checkpoints={checkpoints} />;
}
