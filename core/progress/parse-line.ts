/**
 * One line of what training prints: `step=5 total=100 loss=0.3`, JSON lines, tqdm bars, Hugging Face, Lightning, Keras, plain
 * epochs (docs/progress.md). A line that says nothing sure says nothing; no number is better than a wrong one.
 */
export interface ProgressLine {
  step?: number;
  total?: number;
  /** Steps within the epoch. */
  within?: { step: number; total: number };
  epoch?: EpochOf;
  /** Which bar says `step` and `total`, by its description. */
  bar?: string;
  /** Of the process that printed it, where the launcher says. */
  rank?: number;
  metrics: Record<string, number>;
  /** Names of losses that are NaN or infinite. */
  notFinite?: string[];
}

const NUMBER = '[-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?';
/** As Python, numpy, torch and JSON dialects write them. */
const NOT_FINITE = '[-+]?(?:[nN]a[nN]|[iI]nf(?:inity)?)';
const IS_NOT_FINITE = new RegExp(`^${NOT_FINITE}$`);
const IS_NUMBER = new RegExp(`^${NUMBER}$`);
const STEP_NAMES = new Set(['step', 'global_step', 'iter', 'iteration', 'current_step', 'steps']);
const TOTAL_NAMES = new Set(['total', 'total_steps', 'max_steps', 'num_steps']);
/** Say nothing about how good the model is. */
const NOT_METRICS = new Set(['pid', 'rank', 'local_rank', 'seed', 'port', 'v_num', 'eta', 'time', 'timestamp']);
const LONGEST_LINE = 4096;
export const MOST_METRICS = 32;
const LONGEST_NAME = 64;

/** As printed, `Epoch 3/10`, or `isDone`: so many are over. */
export interface EpochOf {
  at: number;
  of?: number;
  isDone?: true;
}

/** Colours, movements of the cursor, and the backspaces of Keras. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are control characters
const TERMINAL = /\u001b\[[0-9;?]*[A-Za-z]|\u0008/g;
/** `[rank1]:` and `[default1]:` of torchrun, `[1]:`, `1: ` of srun. */
const RANK = /^(?:\[(?:rank|default|local_rank)?\s?(\d{1,5})\]:\s*|(\d{1,5}): (?=\S))/i;

/** What a line says; undefined when it says nothing. */
export function parseProgressLine(line: string): ProgressLine | undefined {
  if (line.length > LONGEST_LINE) return undefined;
  const plain = line.replace(TERMINAL, '').trim();
  const prefix = RANK.exec(plain);
  const said = parseText(prefix ? plain.slice(prefix[0].length) : plain);
  return said && prefix ? { ...said, rank: Number(prefix[1] ?? prefix[2]) } : said;
}

function parseText(text: string): ProgressLine | undefined {
  if (text.startsWith('{')) return parseObject(text);
  if (OTHER_WORK.test(text)) return parsePairsOfOtherWork(text);
  return parseBar(text) ?? parseKeras(text) ?? parseEpoch(text) ?? parsePairs(text);
}

/** Of what an evaluation says, only how good the model is. */
function parsePairsOfOtherWork(text: string): ProgressLine | undefined {
  if (BAR.test(text) || BAR_WITHOUT_TOTAL.test(text) || OF_TOTAL.test(text)) return undefined;
  return parsePairs(text);
}

const NOT_FINITE_VALUE = new RegExp(`(?<=[:]\\s*)${NOT_FINITE}(?=\\s*[,}\\]])`, 'g');

/** A JSON object, or the Python dict that Hugging Face's Trainer prints. */
function parseObject(text: string): ProgressLine | undefined {
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined;
  const quoted = text.replace(NOT_FINITE_VALUE, '"$&"');
  const fields =
    parseJson(quoted) ??
    parseJson(quoted.replaceAll("'", '"').replace(/(?<!")\b(?:nan|inf|None|True|False)\b(?!")/g, 'null'));
  return fields === undefined ? undefined : fromFields(Object.entries(fields).map(asNumber));
}

/** Transformers 5 writes its numbers in quotes. */
function asNumber([name, value]: [string, unknown]): [string, unknown] {
  return [name, typeof value === 'string' && IS_NUMBER.test(value) ? Number(value) : value];
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
/** `Training: 450it [00:10, 43.2it/s]`. */
const BAR_WITHOUT_TOTAL = /(?:^|\s)(\d+)it \[(.*?)\]?$/;
const OF_BYTES = /\d\s*[kMGT]?i?B\/s/;
/** Work other than training. */
const OTHER_WORK =
  /^\W*(?:eval|valid|test|sanity|predict|download|upload|load|map\b|filter|generat|token|sav|extract|fetch|preprocess)/i;
const OF_TOTAL = /\d\s*\/\s*\d/;

function parseBar(text: string): ProgressLine | undefined {
  const match = BAR.exec(text);
  const endless = match ? null : BAR_WITHOUT_TOTAL.exec(text);
  const found = match ?? endless;
  const postfix = (match ? match[4] : endless?.[2]) ?? '';
  if (found === null || OF_BYTES.test(postfix)) return undefined;
  const said = parsePairs(postfix) ?? { metrics: {} };
  const bar = text.slice(0, found.index).replace(/[:\s]+$/, '');
  if (match === null) return { ...said, bar, step: Number(endless?.[1]) };
  const [step, total] = [Number(match[2]), Number(match[3])];
  if (/^epochs?$/i.test(bar)) return { ...said, epoch: { at: step, of: total, isDone: true } };
  const epoch = epochIn(bar);
  return epoch ? { ...withEpoch(said, epoch), within: { step, total } } : { ...said, bar, step, total };
}

/** `45/938 ━━━━━━━━ 2s 3ms/step - loss: 0.3`, `45/938 [=>......] - ETA: 2s - loss: 0.3`, `938/938 - 3s - loss: 0.3`. */
const KERAS = /^(\d+)\/(\d+) (?:━|\[[=>.]+\]|- \d+m?s)/;

function parseKeras(text: string): ProgressLine | undefined {
  const match = KERAS.exec(text);
  if (!match) return undefined;
  return { metrics: {}, ...parsePairs(text), within: { step: Number(match[1]), total: Number(match[2]) } };
}

/** `Epoch 3/10`, `Epoch [3/10]`, `epoch 3 of 10`; `Epoch 3`, `Train Epoch: 3`, `Epoch: [3]`. */
const EPOCH = /\bepoch:?\s*\[?\s*(\d+)(?:\s*(?:\/|of)\s*(\d+))?\s*\]?/i;
/** `[12800/60000 (21%)]`, `Step [100/938]`, `batch 100/938`. */
const WITHIN = /(?:\[|\b(?:step|iter(?:ation)?|batch)\s*\[?)\s*(\d+)\s*(?:\/|of)\s*(\d+)/i;

function epochIn(text: string): EpochOf | undefined {
  const match = EPOCH.exec(text);
  if (!match) return undefined;
  return { at: Number(match[1]), ...(match[2] === undefined ? {} : { of: Number(match[2]) }) };
}

/** However it is spelt, the number of the epoch is one metric. */
function withEpoch({ metrics, ...said }: ProgressLine, epoch: EpochOf): ProgressLine {
  const others = Object.entries(metrics).filter(([name]) => name.toLowerCase() !== 'epoch');
  return { ...said, metrics: { ...Object.fromEntries(others), epoch: epoch.at }, epoch };
}

/** With how far it is in that epoch, where the line says it; a step of the whole run is taken as one. */
function parseEpoch(text: string): ProgressLine | undefined {
  const epoch = epochIn(text);
  if (epoch === undefined) return undefined;
  const rest = text.slice(text.search(EPOCH) + (EPOCH.exec(text)?.[0].length ?? 0));
  const within = WITHIN.exec(rest);
  const { step, total, ...said } = parsePairs(text) ?? { metrics: {} };
  if (within) return { ...withEpoch(said, epoch), within: { step: Number(within[1]), total: Number(within[2]) } };
  if (step !== undefined) return { ...said, step, ...(total === undefined ? {} : { total }) };
  return epoch.of === undefined ? parsePairs(text) : withEpoch(said, epoch);
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
export const isLoss = (name: string) => /loss/i.test(name) && !/scale/i.test(name) && name.length <= LONGEST_NAME;
const isNotFinite = (value: unknown) => typeof value === 'string' && IS_NOT_FINITE.test(value);

const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;
