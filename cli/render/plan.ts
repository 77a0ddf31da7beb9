/** `runctl plan`. Pure. */
import { sizeWords } from '../../core/plan/disk-room';
import type { ForecastCase } from '../../core/plan/forecast';
import type { PlanView, PoolView } from '../../core/view/plan-view';
import type { LocalSource } from '../spec/local-sources';
import { bytes, duration, percent, plural, usd } from '../terminal/format';
import type { Paint } from '../terminal/paint';
import { type Column, table } from '../terminal/table';
import { labelled } from './summary';

export interface PlanPicture {
  fileName: string;
  view: PlanView;
  /** What would be uploaded first. */
  sources: readonly Pick<LocalSource, 'field' | 'given' | 'files' | 'ownFiles'>[];
  /** Prices are made up. */
  isLocal: boolean;
}

export function renderPlan({ fileName, view, sources, isLocal }: PlanPicture, paint: Paint): string[] {
  const { job, pools, resultsUri } = view;
  const nodes = job.nodes === 1 ? '' : `, ${job.nodes} nodes`;
  return [
    `${paint.green('✓')} ${fileName} is valid. Nothing was launched.`,
    '',
    ...labelled(paint, [
      ['job', `${job.name}  ${paint.dim(`project ${job.project}, owner ${job.owner}${nodes}`)}`],
      ['command', job.command],
      ['code', inputText(view, sources, 'code')],
      ['data', inputText(view, sources, 'data')],
      ['results', resultsUri],
    ]),
    '',
    ...table(paint, POOL_COLUMNS, pools.map(poolRow)),
    ...(view.diskWarning === null ? [] : ['', paint.yellow(view.diskWarning)]),
    ...(isLocal ? [paint.dim('Spot prices of the local cloud are made up.')] : []),
    '',
    ...forecastLines(view, paint),
  ];
}

function inputText({ inputs }: PlanView, sources: PlanPicture['sources'], field: 'code' | 'data'): string | undefined {
  const source = sources.find((each) => each.field === field);
  if (source) {
    const size = source.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return `${source.given} of this machine, ${plural(source.ownFiles, 'file')}, ${bytes(size)}: uploaded on submit`;
  }
  const input = inputs.find((each) => each.field === field);
  if (input === undefined) return undefined;
  const size = input.size === null ? 'size not checked' : sizeWords(input.size);
  return `${input.uri} (${input.access}; ${size})`;
}

const POOL_COLUMNS: readonly Column[] = [
  { head: 'POOL' },
  { head: 'VCPU', align: 'right' },
  { head: 'MEMORY', align: 'right' },
  { head: 'GPU', align: 'right' },
  { head: 'SPOT/H', align: 'right' },
  { head: 'ON DEMAND/H', align: 'right' },
  { head: 'SAVES', align: 'right' },
  { head: 'MAY RUN ON' },
  { head: 'QUOTA' },
];

function poolRow(pool: PoolView): string[] {
  const { instanceType, vcpus, memoryMiB, gpus, spotUsdPerHour: spot, onDemandUsdPerHour: onDemand } = pool;
  return [
    instanceType,
    String(vcpus),
    bytes(memoryMiB * 1024 * 1024),
    gpus === 0 ? '' : String(gpus),
    usd(spot),
    usd(onDemand),
    spot === null || onDemand === null ? '' : percent(1 - spot / onDemand),
    pool.markets.join(', '),
    pool.quotas.map(({ market, value, neededVcpus }) => `${market} ${neededVcpus}/${value ?? '?'}`).join('  '),
  ];
}

const CASE_COLUMNS: readonly Column[] = [
  { head: '' },
  { head: 'TIME', align: 'right' },
  { head: 'INTERRUPTIONS', align: 'right' },
  { head: 'COST', align: 'right' },
];

function forecastLines({ forecast, hoursFrom }: PlanView, paint: Paint): string[] {
  const { atBest, likely, atWorst, endedBy, assumptions, trainingHours } = forecast;
  return [
    `${paint.bold('Forecast')} for ${duration(trainingHours * 3600)} of training ${paint.dim(`(${hoursFrom})`)}`,
    ...table(paint, CASE_COLUMNS, [
      caseRow('at best', atBest),
      caseRow('likely', likely),
      caseRow('at worst', atWorst),
    ]),
    ...(endedBy === null ? [] : [paint.yellow(`The worst case would be ended by ${endedBy}, resumable.`)]),
    ...assumptions.map((each) => paint.dim(`assumed: ${each}`)),
  ];
}

function caseRow(name: string, { hours, interruptions, usd: cost }: ForecastCase): string[] {
  return [name, duration(hours * 3600), String(interruptions), usd(cost)];
}
