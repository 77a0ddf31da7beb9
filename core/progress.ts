/**
 * Progress, read from what training prints: `step=5 total=100 loss=0.3`, JSON lines, tqdm bars, Hugging Face and
 * Lightning. A line that says nothing sure says nothing; no number is better than a wrong one.
 */
import type { NotFinite, Progress } from './node-status';
import { iso } from './time';

export interface ProgressLine {
  step?: number;
  total?: number;
  metrics: Record<string, number>;
  /** Names of losses that are NaN or infinite. */
  notFinite?: string[];
}

const NUMBER = '[-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?';
/** As Python, numpy, torch and JSON dialects write them. */
const NOT_FINITE = '[-+]?(?:[nN]a[nN]|[iI]nf(?:inity)?)';
const IS_NOT_FINITE = new RegExp(`^${NOT_FINITE}$`);
const STEP_NAMES = new Set(['step', 'global_step', 'iter', 'iteration', 'current_step', 'steps']);
const TOTAL_NAMES = new Set(['total', 'total_steps', 'max_steps', 'num_steps']);
/** Say nothing about how good the model is. */
const NOT_METRICS = new Set(['pid', 'rank', 'local_rank', 'seed', 'port', 'v_num', 'eta', 'time', 'timestamp']);
const LONGEST_LINE = 4096;
const MOST_METRICS = 32;
const LONGEST_NAME = 64;

/** What a line says; undefined when it says nothing. */
export function parseProgressLine(line: string): ProgressLine | undefined {
  if (line.length > LONGEST_LINE) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours are control characters
  const text = line.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '').trim();
  if (text.startsWith('{')) return parseObject(text);
  return BAR.test(text) ? parseBar(text) : parsePairs(text);
}

const NOT_FINITE_VALUE = new RegExp(`(?<=[:]\\s*)${NOT_FINITE}(?=\\s*[,}\\]])`, 'g');

/** A JSON object, or the Python dict that Hugging Face's Trainer prints. */
function parseObject(text: string): ProgressLine | undefined {
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined;
  const quoted = text.replace(NOT_FINITE_VALUE, '"$&"');
  const fields =
    parseJson(quoted) ??
    parseJson(quoted.replaceAll("'", '"').replace(/(?<!")\b(?:nan|inf|None|True|False)\b(?!")/g, 'null'));
  return fields === undefined ? undefined : fromFields(Object.entries(fields));
}

function parseJson(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** tqdm, and Lightning's bar: ` 45%|████▌ | 450/1000 [00:10<00:12, 43.2it/s, loss=0.3]`. */
const BAR = /(\d{1,3})%\|[^|]*\|\s*(\d+)\/(\d+)\s*\[(.*?)\]?$/;

/** Bars of other work than training. */
const OTHER_BAR =
  /^\W*(?:eval|valid|test|sanity|predict|download|upload|load|map|filter|generat|token|sav|extract|fetch)/i;

function parseBar(text: string): ProgressLine | undefined {
  const match = BAR.exec(text);
  if (!match || OTHER_BAR.test(text)) return undefined;
  const { metrics, notFinite } = parsePairs(match[4] ?? '') ?? { metrics: {} };
  const losses = notFinite === undefined ? {} : { notFinite };
  const step = Number(match[2]);
  const total = Number(match[3]);
  // Lightning counts within an epoch, `Epoch 3:  45%|…`: steps of the run are epochs times the bar.
  const epoch = /^Epoch (\d+)(?:\/(\d+))?/.exec(text);
  if (!epoch) return { step, total, metrics, ...losses };
  const epochs = epoch[2] === undefined ? undefined : Number(epoch[2]) + 1;
  return {
    step: Number(epoch[1]) * total + step,
    ...(epochs === undefined ? {} : { total: epochs * total }),
    metrics: { ...metrics, epoch: Number(epoch[1]) },
    ...losses,
  };
}

/** From the beginning of a word only: else a long word is read from each of its letters, which takes minutes of a long log. */
const PAIR = new RegExp(
  `(?<![\\w./-])([A-Za-z_][\\w./-]*)\\s*[=:]\\s*(${NUMBER}|${NOT_FINITE})(?:\\s*/\\s*(\\d+))?(?=[\\s,;|)\\]]|%|$)`,
  'g',
);
const STEP_OF_TOTAL = /\b(?:step|iter(?:ation)?)\s*\[?(\d+)\s*(?:\/|of)\s*(\d+)\]?/i;

/** `step=5 total=100 loss=0.3`, `step: 5/100, loss: 0.3`, `Step [5/100] Loss: 0.3`. */
function parsePairs(text: string): ProgressLine | undefined {
  const pairs: [string, unknown][] = [];
  for (const [, name = '', value, total] of text.matchAll(PAIR)) {
    pairs.push([name, value !== undefined && IS_NOT_FINITE.test(value) ? value : Number(value)]);
    if (total !== undefined && STEP_NAMES.has(name.toLowerCase())) pairs.push(['total', Number(total)]);
  }
  const ofTotal = STEP_OF_TOTAL.exec(text);
  if (ofTotal) pairs.push(['step', Number(ofTotal[1])], ['total', Number(ofTotal[2])]);
  return fromFields(pairs);
}

function fromFields(fields: readonly [string, unknown][]): ProgressLine | undefined {
  const found: ProgressLine = { metrics: {} };
  const notFinite = fields.filter(([name, value]) => isLoss(name) && isNotFinite(value)).map(([name]) => name);
  if (notFinite.length > 0) found.notFinite = notFinite.slice(0, MOST_METRICS);
  for (const [name, value] of fields) {
    if (typeof value !== 'number' || !Number.isFinite(value) || name.length > LONGEST_NAME) continue;
    const key = name.toLowerCase();
    if (STEP_NAMES.has(key)) {
      if (isCount(value)) found.step = value;
    } else if (TOTAL_NAMES.has(key)) {
      if (isCount(value) && value > 0) found.total = value;
    } else if (!NOT_METRICS.has(key) && Object.keys(found.metrics).length < MOST_METRICS) found.metrics[name] = value;
  }
  const isEmpty = found.step === undefined && found.total === undefined && Object.keys(found.metrics).length === 0;
  return isEmpty && !found.notFinite ? undefined : found;
}

/** `loss`, `train/loss`, `loss_ce`; not the scale that mixed precision multiplies it with. */
const isLoss = (name: string) => /loss/i.test(name) && !/scale/i.test(name) && name.length <= LONGEST_NAME;
const isNotFinite = (value: unknown) => typeof value === 'string' && IS_NOT_FINITE.test(value);

/** Another loss than the one that is none says nothing about it. */
const isOver = (notFinite: NotFinite | undefined, name: string) => notFinite === undefined || notFinite.metric === name;

const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;

/** Steps older than this say nothing about the present rate, unless there are no newer ones. */
const RATE_WINDOW_MS = 5 * 60_000;
const MOST_POINTS = 256;
/** A rate from less than this is a guess. */
const LEAST_RATE_MS = 1_000;

interface Point {
  atMs: number;
  step: number;
}

/** Follows progress over lines. `monotonicMs` measures the rate, `nowMs` is the date that people see. */
export class ProgressTracker {
  #step: number | null = null;
  #total: number | null = null;
  #metrics: Record<string, number> = {};
  #steppedAt: string | null = null;
  #points: Point[] = [];
  #notFinite: NotFinite | undefined;
  #finiteStep: number | null = null;

  /** Whether the line said anything. */
  read(line: string, nowMs: number, monotonicMs: number): boolean {
    const said = parseProgressLine(line);
    if (said === undefined) return false;
    if (said.step === undefined && this.#step === null) {
      // Metrics alone are taken once training has spoken of steps; a loss that is none is one without them, too.
      this.#takeLoss(said, nowMs);
      return said.notFinite !== undefined;
    }
    if (said.total !== undefined) this.#total = said.total;
    this.#takeMetrics(said.metrics);
    if (said.step !== undefined && said.step !== this.#step) this.#takeStep(said.step, nowMs, monotonicMs);
    this.#takeLoss(said, nowMs);
    return true;
  }

  progress(monotonicMs: number): Progress {
    return {
      step: this.#step,
      total: this.#total !== null && this.#step !== null && this.#total < this.#step ? null : this.#total,
      metrics: { ...this.#metrics },
      etaSeconds: this.#etaSeconds(monotonicMs),
      steppedAt: this.#steppedAt,
      ...(this.#notFinite ? { notFinite: this.#notFinite } : {}),
    };
  }

  #takeLoss({ metrics, notFinite }: ProgressLine, nowMs: number): void {
    const [metric] = notFinite ?? [];
    if (metric !== undefined) {
      this.#notFinite ??= { metric, step: this.#step, finiteStep: this.#finiteStep, at: iso(nowMs) };
      // Its last number would look as if it were today's.
      this.#metrics = Object.fromEntries(Object.entries(this.#metrics).filter(([name]) => !notFinite?.includes(name)));
    } else if (Object.keys(metrics).some((name) => isLoss(name) && isOver(this.#notFinite, name))) {
      this.#notFinite = undefined;
      this.#finiteStep = this.#step;
    }
  }

  #takeMetrics(metrics: Record<string, number>): void {
    const merged = Object.entries({ ...this.#metrics, ...metrics });
    this.#metrics = Object.fromEntries(merged.slice(-MOST_METRICS));
  }

  #takeStep(step: number, nowMs: number, monotonicMs: number): void {
    // Counting anew (another phase, an evaluation bar): the old rate says nothing.
    if (this.#step !== null && step < this.#step) this.#points = [];
    this.#step = step;
    this.#steppedAt = iso(nowMs);
    this.#points.push({ atMs: monotonicMs, step });
    const oldestMs = monotonicMs - RATE_WINDOW_MS;
    while (this.#points.length > MOST_POINTS || (this.#points.length > 2 && (this.#points[0]?.atMs ?? 0) < oldestMs)) {
      this.#points.shift();
    }
  }

  /** From the rate over the window; the time since the last step counts, so that a stall shows. */
  #etaSeconds(monotonicMs: number): number | null {
    const first = this.#points[0];
    const last = this.#points.at(-1);
    if (!first || !last || this.#total === null || last.step > this.#total) return null;
    const steps = last.step - first.step;
    const tookMs = last.atMs - first.atMs;
    if (steps <= 0 || tookMs < LEAST_RATE_MS) return null;
    const stepMs = tookMs / steps;
    const sinceMs = Math.max(0, monotonicMs - last.atMs);
    // Far longer without a step than one takes: nobody knows.
    if (sinceMs > 20 * stepMs + RATE_WINDOW_MS) return null;
    return Math.max(0, Math.round(((this.#total - last.step) * stepMs - Math.min(sinceMs, stepMs)) / 1000));
  }
}
