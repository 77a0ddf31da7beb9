/** The few numbers that everybody looks for first. */
import { utilizationWords } from '../../core/decide/troubles';
import { wayOutWords } from '../../core/node/way-out';
import type { AttemptView } from '../../core/view/attempt-view';
import { lossFirst } from '../../core/view/session-row';
import { type CostView, currentView, type SessionView } from '../../core/view/session-view';
import { ago, bytes, count, duration, metric, money, percent, plural, usd } from '../format';
import { Bar } from '../parts/bar';
import { toneOf } from '../parts/state';

export function Summary({ view, now }: { view: SessionView; now: number }) {
  return (
    <section class="summary" aria-label="Summary">
      <ProgressTile view={view} />
      <MetricsTile view={view} />
      <CheckpointTile view={view} now={now} />
      <CostTile cost={view.cost} />
      <MachineTile view={view} />
    </section>
  );
}

const METRICS_SHOWN = 3;

function ProgressTile({ view }: { view: SessionView }) {
  const { progress, state, isOver, elapsedSeconds } = view;
  const { step = null, total = null, fraction = null, etaSeconds = null } = progress ?? {};
  const lasted = elapsedSeconds === null ? '' : `${isOver ? 'took' : 'for'} ${duration(elapsedSeconds)}`;
  const moving = isOver ? undefined : transferText(currentView(view));
  return (
    <div class="tile">
      <h2>Progress</h2>
      <p class="value">{fraction === null ? (step === null ? '–' : `step ${count(step)}`) : percent(fraction)}</p>
      <Bar fraction={fraction ?? (isOver || step === null ? 0 : null)} tone={toneOf(state)} label="Progress" />
      <p class="soft">
        {step !== null && total !== null && `step ${count(step)} of ${count(total)} · `}
        {etaSeconds === null ? lasted : `${duration(etaSeconds)} left`}
      </p>
      {moving && <p class="soft">{moving}</p>}
    </div>
  );
}

/** `data: 3.2 GiB of 41.0 GiB, 1 min 34 s left` */
function transferText(attempt: AttemptView | undefined): string | undefined {
  const stage = attempt?.stages.at(-1)?.stage;
  if (!attempt?.transfer || stage === undefined || attempt.transfer.doneBytes === 0) return undefined;
  const { doneBytes, totalBytes, etaSeconds } = attempt.transfer;
  const of = totalBytes === null ? ' so far' : ` of ${bytes(totalBytes)}`;
  return `${stage}: ${bytes(doneBytes)}${of}${etaSeconds === null ? '' : `, ${duration(etaSeconds)} left`}`;
}

function MetricsTile({ view: { progress, isOver } }: { view: SessionView }) {
  const [first, ...others] = Object.entries(progress?.metrics ?? {}).sort(lossFirst);
  return (
    <div class="tile">
      <h2>{first ? first[0] : 'Metrics'}</h2>
      <p class="value">{first ? metric(first[1]) : '–'}</p>
      <p class="soft">
        {first === undefined && (isOver ? 'training said none' : 'training has said none yet')}
        {others
          .slice(0, METRICS_SHOWN)
          .map(([name, value]) => `${name} ${metric(value)}`)
          .join(' · ')}
      </p>
    </div>
  );
}

function CheckpointTile({ view, now }: { view: SessionView; now: number }) {
  const { lastCheckpoint, totals, job, wayOut, isOver } = view;
  const recomputed = totals?.recomputedSteps;
  return (
    <div class="tile">
      <h2>Last checkpoint</h2>
      <p class="value">
        {lastCheckpoint === null
          ? '–'
          : lastCheckpoint.step === null
            ? lastCheckpoint.name
            : `step ${count(lastCheckpoint.step)}`}
      </p>
      <p class="soft">
        {lastCheckpoint === null
          ? job
            ? `none committed${isOver ? '' : ' yet'}`
            : ''
          : `${ago(lastCheckpoint.committedAt, now)} · ${bytes(lastCheckpoint.sizeBytes)} in ${lastCheckpoint.uploadSeconds.toFixed(1)} s`}
      </p>
      {wayOut && (wayOut.isGraceTooShort || !wayOut.isEnough) && (
        <p class="fair-text">
          {wayOut.isGraceTooShort
            ? 'saving takes longer than limits.graceSeconds'
            : `too slow for a spot notice: ${wayOutWords(wayOut)}`}
        </p>
      )}
      {recomputed != null && lastCheckpoint !== null && <p class="soft">{plural(recomputed, 'step')} done twice</p>}
    </div>
  );
}

function CostTile({ cost }: { cost: CostView | null }) {
  if (cost === null) {
    return (
      <div class="tile">
        <h2>Cost</h2>
        <p class="value">–</p>
      </div>
    );
  }
  const { usd: spent, knownUsd, maxUsd, usdPerHour, onDemandUsd } = cost;
  const left = maxUsd === null || usdPerHour === null || usdPerHour <= 0 ? null : (maxUsd - knownUsd) / usdPerHour;
  const share = maxUsd === null ? null : knownUsd / maxUsd;
  return (
    <div class="tile">
      <h2>Cost</h2>
      <p class="value">{money(spent, knownUsd)}</p>
      {share !== null && (
        <Bar
          fraction={Math.min(1, share)}
          tone={share > 0.9 ? 'bad' : share > 0.7 ? 'leave' : 'good'}
          label="Of the budget"
        />
      )}
      <p class="soft">
        {maxUsd !== null && `${percent(share ?? 0)} of ${usd(maxUsd)}`}
        {maxUsd !== null && (usdPerHour !== null || onDemandUsd !== null) && ' · '}
        {usdPerHour === null ? onDemandUsd !== null && `on demand ${usd(onDemandUsd)}` : `${usd(usdPerHour)} an hour`}
      </p>
      {left !== null && left < 1000 && (
        <p class="soft">the budget lasts {duration(Math.max(0, left * 3600))} at this rate</p>
      )}
    </div>
  );
}

function MachineTile({ view }: { view: SessionView }) {
  const { attempts, isOver } = view;
  const attempt = currentView(view);
  const interruptions = attempts.filter(({ end }) => end?.error === 'SpotInterrupted').length;
  return (
    <div class="tile">
      <h2>{attempts.length > 1 ? `Attempt ${view.attempt}` : 'Machine'}</h2>
      <p class="value">{attempt?.nodes[0]?.instanceType ?? '–'}</p>
      <p class="soft">{attempt === undefined ? 'nothing is launched yet' : machineText(attempt, isOver)}</p>
      {attempt && !isOver && <Busy attempt={attempt} />}
      {interruptions > 0 && <p class="soft">interrupted {interruptions === 1 ? 'once' : `${interruptions} times`}</p>}
    </div>
  );
}

/** How busy the first node is; the others are much like it. */
function Busy({ attempt: { nodes } }: { attempt: AttemptView }) {
  const utilization = nodes.find(({ rank }) => rank === 0)?.utilization;
  const words = utilization && utilizationWords(utilization);
  return words ? <p class="soft">{words}</p> : null;
}

function machineText({ nodes, market }: AttemptView, isOver: boolean): string {
  const [node] = nodes;
  if (node === undefined) return isOver ? `no ${market} capacity` : `looking for ${market} capacity`;
  const others = nodes.length > 1 ? `${nodes.length} nodes · ` : '';
  return `${others}${node.zone} · ${node.market} · ${node.state}`;
}
