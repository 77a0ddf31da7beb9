/** What the users of a world do: which jobs they submit, how their scripts behave, and when they change their minds. */
import type { Budgets } from '../core/costs/budgets';
import type { JobSpecInput } from '../core/job/job-spec';
import type { FaultProfile } from './faults/profile';
import type { Random } from './random';

/** How a training script behaves. */
export interface Script {
  steps: number;
  stepMs: number;
  /** Steps from one checkpoint to the next. */
  checkpointEvery: number;
  saveMs: number;
  /** Of one checkpoint to S3, when nothing is slow. */
  uploadMs: number;
  onSigterm: 'saves' | 'dies' | 'ignores';
  /** Writes beside and renames; else in place. */
  renames: boolean;
  failsAtStep: number | undefined;
  nodes: number;
  /** It costs more than its job may. */
  isDear: boolean;
  /** Each node saves its own part of a checkpoint; else the first saves all of it. */
  isSharded: boolean;
}

export type Wish = 'stop' | 'stopNow' | 'abort';

export interface SessionScenario {
  sessionId: string;
  /** After the world's beginning. */
  startsAfterMs: number;
  job: JobSpecInput;
  script: Script;
  wish: { kind: Wish; afterMs: number } | undefined;
}

const MINUTE_MS = 60_000;
/** Submissions are spread over this. */
const STARTS_WITHIN_MS = 20 * MINUTE_MS;
/** Of the jobs, those with several nodes. */
const GANGS = 0.12;
/** Of the jobs, those that leave a machine when EC2 recommends it. */
const MIGRATING = 0.6;
/** Of the jobs, those that run into a limit in dollars; plans refuse those whose first hour alone would. */
const DEAR = 0.03;
const OWNERS = ['ana', 'ben', 'eve'];
const PROJECTS = ['vision', 'nlp'];
/** USD a month; a session costs some cents. */
const [LEAST_BUDGET, MOST_BUDGET] = [0.1, 0.6];
export const JOB_TYPES = ['m7i.large', 'm6i.large', 'm5.large'];

export function makeScenario(random: Random, index: number, faults: FaultProfile): SessionScenario {
  const nodes = random.chance(GANGS) ? random.integer(2, 4) : 1;
  const script = makeScript(random, nodes);
  const graceSeconds = random.pick([60, 90, 120]);
  const kind = random.pickWeighted(faults.users);
  const whose = random.fork(`whose-${index}`);
  return {
    sessionId: `s${index}-${random.uuid().slice(0, 6)}`,
    startsAfterMs: random.between(0, STARTS_WITHIN_MS),
    job: {
      name: 'job',
      command: 'python3 train.py',
      owner: whose.pick(OWNERS),
      project: whose.pick(PROJECTS),
      checkpoints: { pattern: '*.pt', keepLast: random.integer(1, 3), upload: script.isSharded ? 'all' : 'rank0' },
      resources: {
        nodes,
        instanceTypes: JOB_TYPES.slice(0, random.integer(1, JOB_TYPES.length)),
        market: random.pick(['spot', 'spot', 'spot-then-on-demand', 'spot-then-on-demand', 'on-demand'] as const),
        ...(script.isDear ? { instanceTypes: ['m7i.large'], market: 'on-demand' as const } : {}),
      },
      limits: {
        graceSeconds,
        maxHours: random.chance(0.05) ? random.between(0.2, 0.5) : 24,
        ...(script.isDear ? { maxHours: 24, maxUsd: nodes * random.between(0.12, 0.15) } : {}),
      },
      launch: { spotPatienceMinutes: random.integer(1, 10), patienceHours: 3 },
      on: { rebalance: random.chance(MIGRATING) ? 'migrate' : 'checkpoint' },
    },
    script,
    wish:
      kind === undefined ? undefined : { kind, afterMs: random.between(0, random.chance(0.3) ? 2 : 30) * MINUTE_MS },
  };
}

/** Of the stack: some owners and projects have one, and in some stacks everybody else. */
export function makeBudgets(random: Random, faults: FaultProfile): Budgets {
  if (!random.chance(faults.budgets)) return { owner: {}, project: {} };
  const some = (names: readonly string[]) =>
    Object.fromEntries(
      names.filter(() => random.chance(0.4)).map((name) => [name, random.between(LEAST_BUDGET, MOST_BUDGET)]),
    );
  return { owner: some([...OWNERS, '*']), project: some([...PROJECTS, '*']) };
}

function makeScript(random: Random, nodes: number): Script {
  const stepMs = random.between(2_000, 15_000);
  const isDear = random.chance(DEAR);
  // Some are longer than a lease.
  const minutes = isDear ? [75, 100] : random.chance(0.07) ? [35, 55] : [5, 22];
  const trainMs = random.between(minutes[0] ?? 0, minutes[1] ?? 0) * MINUTE_MS;
  const steps = Math.max(3, Math.round(trainMs / stepMs));
  const checkpointEvery = Math.max(1, Math.round(random.between(1 * MINUTE_MS, 5 * MINUTE_MS) / stepMs));
  const onSigterm = random.pickWeighted({ dies: 0.15, ignores: 0.1 }) ?? 'saves';
  return {
    steps,
    stepMs,
    checkpointEvery,
    saveMs: random.between(200, 8_000),
    uploadMs: random.between(500, 20_000),
    onSigterm,
    renames: random.chance(0.6),
    failsAtStep: random.chance(0.05) ? random.integer(1, steps) : undefined,
    nodes,
    isDear,
    isSharded: nodes > 1 && random.chance(0.5),
  };
}
