/** Ledger entries for tests and samples of the report. */
import type { LedgerEntry } from '../../core/costs/ledger';

/** One day's work on 25 November 2026. */
export function anEntry(changes: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    month: '2026-11',
    sessionId: 'digits-1',
    job: 'digits',
    project: 'vision',
    owner: 'ana',
    createdAt: '2026-11-25T08:00:00.000Z',
    result: 'succeeded',
    usd: 10,
    isComplete: true,
    usdByDay: { '2026-11-25': 10 },
    onDemandUsd: 30,
    wastedUsd: 1,
    attempts: 2,
    interruptions: 1,
    usdPerHour: 0,
    computedAt: '2026-11-26T05:55:00.000Z',
    ...changes,
  };
}

const PROJECTS = ['vision', 'speech', 'recsys', 'nlp-pretraining', 'protein folding', 'sandbox', 'robotics', 'climate'];
const OWNERS = ['ana', 'ben@example.com', 'chidi', 'dora', 'emre'];
const RESULTS = ['succeeded', 'succeeded', 'succeeded', 'failed', 'stopped', 'aborted'] as const;

/** The same numbers for the same seed: a linear congruential generator (Numerical Recipes). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Sessions all over a month's first `days` days, with the sizes that they tend to have. */
export function sampleMonth(month: string, count: number, days: number, seed = 1): LedgerEntry[] {
  const random = numbers(seed);
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() ** 1.7 * items.length)] as T;
  return Array.from({ length: count }, (_, index) => {
    const project = pick(PROJECTS);
    const from = 1 + Math.floor(random() * days);
    const isRunning = from > days - 2 && random() < 0.3;
    const length = Math.min(1 + Math.floor(random() * 3), days - from + 1);
    const usdByDay = Object.fromEntries(
      Array.from({ length }, (_, day) => [
        `${month}-${String(from + day).padStart(2, '0')}`,
        (random() ** 2 * 600) / Math.sqrt(count),
      ]),
    );
    const usd = Object.values(usdByDay).reduce((sum, each) => sum + each, 0);
    const isComplete = random() > 0.02;
    const interruptions = Math.floor(random() ** 3 * 5);
    return anEntry({
      month,
      sessionId: `${project.replace(/\W/g, '-')}-${String(index + 1).padStart(4, '0')}`,
      job: pick(['resnet50-finetune', 'whisper-small', 'two-tower', 'gpt-350m', 'sweep', 'digits']),
      project,
      owner: pick(OWNERS),
      createdAt: `${month}-${String(from).padStart(2, '0')}T09:30:00.000Z`,
      result: isRunning ? null : pick(RESULTS),
      usd,
      isComplete,
      usdByDay,
      onDemandUsd: isComplete ? usd * (2 + random() * 1.6) : null,
      wastedUsd: usd * random() ** 2 * 0.25,
      attempts: 1 + interruptions,
      interruptions,
      usdPerHour: isRunning ? 0.4 + random() * 3 : 0,
    });
  });
}
