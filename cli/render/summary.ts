/** Lines about a session that several commands show. Pure. */
import { utilizationWords } from '../../core/decide/troubles';
import { wayOutWords } from '../../core/node/way-out';
import type { AttemptView } from '../../core/view/attempt-view';
import type { CostView, SessionView } from '../../core/view/session-view';
import { ago, bytes, duration, metric, percent, usd } from '../terminal/format';
import { bar, type Paint, paintState } from '../terminal/paint';

export function headline(view: SessionView, paint: Paint): string {
  const { sessionId, state, elapsedSeconds, attempt } = view;
  const parts = [
    paint.bold(sessionId),
    paintState(paint, state),
    ...(attempt > 0 ? [`attempt ${attempt}`] : []),
    ...(elapsedSeconds === null ? [] : [paint.dim(duration(elapsedSeconds))]),
  ];
  return parts.join('  ');
}

export function progressLine({ progress, isOver }: SessionView, paint: Paint): string | undefined {
  if (progress?.step == null) return undefined;
  const { step, total, fraction, etaSeconds } = progress;
  const parts = [
    ...(fraction === null ? [] : [`${bar(paint, fraction)} ${percent(fraction)}`]),
    `step ${step}${total === null ? '' : ` of ${total}`}`,
    ...(isOver || fraction === 1 ? [] : [`time left: ${duration(etaSeconds)}`]),
  ];
  return parts.join('  ');
}

/** e.g. `data, 3.2 GiB of 41.0 GiB, 410.0 MiB a second, time left: 1 min 34 s`. */
export function transferLine({ stages, transfer }: AttemptView): string | undefined {
  const stage = stages.at(-1)?.stage;
  if (transfer === null || stage === undefined || transfer.doneBytes === 0) return undefined;
  const { doneBytes, totalBytes, doneFiles, totalFiles, bytesPerSecond, etaSeconds } = transfer;
  const parts = [
    `${stage}`,
    totalBytes === null ? `${bytes(doneBytes)} so far` : `${bytes(doneBytes)} of ${bytes(totalBytes)}`,
    ...(totalFiles !== null && totalFiles > 1 ? [`${doneFiles} of ${totalFiles} files`] : []),
    ...(bytesPerSecond === null ? [] : [`${bytes(bytesPerSecond)} a second`]),
    `time left: ${duration(etaSeconds)}`,
  ];
  return parts.join(', ');
}

const METRICS_SHOWN = 6;

export function metricsLine({ progress }: SessionView, paint: Paint): string | undefined {
  const loss = progress?.notFinite;
  const since = loss && (loss.step === null ? loss.at : `step ${loss.step}`);
  const parts = [
    ...(loss ? [paint.red(`${loss.metric} is not a number since ${since}`)] : []),
    ...Object.entries(progress?.metrics ?? {})
      .slice(0, METRICS_SHOWN)
      .map(([name, value]) => `${name} ${metric(value)}`),
  ];
  return parts.length === 0 ? undefined : parts.join('  ');
}

const NODES_SHOWN = 4;

/** How busy the machines are: of each node, when there are several. */
export function busyLine({ nodes }: AttemptView): string | undefined {
  const told = nodes.flatMap(({ rank, utilization }) => {
    const words = utilization && utilizationWords(utilization);
    return words ? [nodes.length > 1 ? `node ${rank}: ${words}` : words] : [];
  });
  if (told.length === 0) return undefined;
  const more = told.length > NODES_SHOWN ? [`and ${told.length - NODES_SHOWN} more`] : [];
  return [...told.slice(0, NODES_SHOWN), ...more].join('; ');
}

export function checkpointLine({ lastCheckpoint }: SessionView): string {
  if (lastCheckpoint === null) return 'none committed yet';
  const { name, step, attempt, ageSeconds, sizeBytes, uploadSeconds } = lastCheckpoint;
  const at = step === null ? '' : `step ${step}, `;
  return `${name} (${at}attempt ${attempt}, ${bytes(sizeBytes)}, uploaded in ${uploadSeconds.toFixed(1)} s, ${ago(ageSeconds)})`;
}

export function costLine(cost: CostView, paint: Paint): string {
  const { usd: spent, knownUsd, onDemandUsd, maxUsd, usdPerHour } = cost;
  const soFar = spent === null ? `unknown (${usd(knownUsd)} of it known)` : usd(spent);
  const parts = [
    `${soFar}${maxUsd === null ? '' : ` of at most ${usd(maxUsd)} (${percent((spent ?? knownUsd) / maxUsd)})`}`,
    ...(onDemandUsd === null ? [] : [paint.dim(`on demand: ${usd(onDemandUsd)}`)]),
    ...(usdPerHour === null ? [] : [paint.dim(`${usd(usdPerHour)} an hour now`)]),
  ];
  return parts.join('  ');
}

export function machineLine({ nodes, market }: AttemptView): string {
  const [first] = nodes;
  if (first === undefined) return `no instance (${market})`;
  const others = nodes.length > 1 ? ` and ${nodes.length - 1} more` : '';
  return `${first.instanceId}${others}  ${first.instanceType}  ${first.zone}  ${market}  ${first.state}`;
}

/** `label` in a column of its own. */
export function labelled(paint: Paint, entries: readonly (readonly [string, string | undefined])[]): string[] {
  const shown = entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
  const width = Math.max(...shown.map(([label]) => label.length));
  return shown.map(([label, text]) => `  ${paint.dim(label.padEnd(width))}  ${text}`);
}

/** Whether one more save would survive a spot notice. */
export function wayOutLine({ wayOut }: SessionView, paint: Paint): string | undefined {
  if (wayOut === null) return undefined;
  const { isEnough, isGraceTooShort, neededSeconds, availableSeconds } = wayOut;
  if (isGraceTooShort)
    return paint.yellow('saving takes longer than limits.graceSeconds: it would be killed in the middle');
  const text = `${Math.ceil(neededSeconds)} s of the ${availableSeconds} s that a spot notice gives`;
  return isEnough ? text : paint.yellow(`${text}: the last save would be lost (${wayOutWords(wayOut)})`);
}
