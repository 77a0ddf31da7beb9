/** A run of the simulation: many worlds, one verdict. */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { isStale, synthesize } from '../local/synthesize';
import { loadAssembly } from '../local/template/assembly';
import { type Bundles, buildBundles } from './bundles/bundles';
import { createPrograms } from './bundles/programs';
import { explain } from './explain';
import { ALL_FAULTS, type FaultProfile, NO_FAULTS } from './faults/profile';
import { runWorld } from './run-world';
import { runShards, type WorldJob, type WorldSummary } from './shards';
import { timelineOf } from './timeline';

export interface SimulateOptions {
  sessions: string;
  seed?: string;
  replay?: string;
  workers: string;
  faults: boolean;
  explain: string;
  session?: string;
}

const ROOT = resolve(__dirname, '..');
const ASSEMBLY = resolve(ROOT, 'cdk.out');
/** Of one world, together with its seed: changing it changes what every seed means. */
export const SESSIONS_PER_WORLD = 20;

/** True when every invariant held. */
export async function simulate(options: SimulateOptions): Promise<boolean> {
  if (isStale(ROOT, ASSEMBLY)) await synthesize(ROOT, ASSEMBLY);
  const bundles = await buildBundles(ROOT);
  const faults = options.faults ? ALL_FAULTS : NO_FAULTS;
  return options.replay === undefined
    ? runAll(options, bundles, faults)
    : replay(options.replay, options, bundles, faults);
}

/** A seed is `<run>-<world>`, and `/<sessions>` when the world has fewer than others. */
function jobsOf(seed: string, sessions: number): WorldJob[] {
  return Array.from({ length: Math.ceil(sessions / SESSIONS_PER_WORLD) }, (_, index) => {
    const count = Math.min(SESSIONS_PER_WORLD, sessions - index * SESSIONS_PER_WORLD);
    return { seed: `${seed}-${index}`, sessions: count };
  });
}

export function jobOf(replaySeed: string): WorldJob {
  const [seed = replaySeed, sessions] = replaySeed.split('/');
  return { seed, sessions: sessions === undefined ? SESSIONS_PER_WORLD : Number(sessions) };
}

const nameOf = ({ seed, sessions }: WorldJob) => (sessions === SESSIONS_PER_WORLD ? seed : `${seed}/${sessions}`);

async function runAll(options: SimulateOptions, bundles: Bundles, faults: FaultProfile): Promise<boolean> {
  const seed = options.seed ?? randomBytes(4).toString('hex');
  const sessions = Number(options.sessions);
  const beganAt = performance.now();
  const summaries: WorldSummary[] = [];
  console.log(`simulating ${sessions} sessions, seed ${seed}`);
  await runShards({
    ...{ bundles, faults, assemblyDir: ASSEMBLY, jobs: jobsOf(seed, sessions), workers: Number(options.workers) },
    onSummary: (summary) => {
      summaries.push(summary);
      for (const { invariant, what, sessionId } of summary.violations.slice(0, 1)) {
        console.log(`BROKEN in world ${nameOf(summary)}: ${invariant}: ${sessionId ?? ''} ${what}`);
      }
    },
  });
  const seconds = (performance.now() - beganAt) / 1000;
  const broken = summaries.filter(({ violations }) => violations.length > 0);
  printCounts(summaries, seconds);
  for (const { seed: world, sessions: count } of broken.slice(0, Number(options.explain))) {
    await replay(nameOf({ seed: world, sessions: count }), options, bundles, faults);
  }
  if (broken.length > 0)
    console.log(`${broken.length} of ${summaries.length} worlds broke a promise; run seed ${seed}`);
  return broken.length === 0;
}

async function replay(
  seed: string,
  options: SimulateOptions,
  bundles: Bundles,
  faults: FaultProfile,
): Promise<boolean> {
  const given = { ...jobOf(seed), faults, assembly: loadAssembly(ASSEMBLY), programs: createPrograms(bundles) };
  const report = await runWorld(given);
  if (report.violations.length === 0) {
    const lines = timelineOf(report, options.session === undefined ? 'all' : [options.session]);
    if (options.replay !== undefined) for (const line of lines) console.log(line);
    console.log(`world ${seed} keeps every promise (${report.events} events)`);
    return true;
  }
  for (const line of await explain(report, given, seed)) console.log(line);
  return false;
}

function printCounts(summaries: readonly WorldSummary[], seconds: number): void {
  const totals = new Map<string, number>();
  for (const { counts } of summaries) {
    for (const [what, count] of Object.entries(counts)) totals.set(what, (totals.get(what) ?? 0) + count);
  }
  const sum = (pick: (summary: WorldSummary) => number) => summaries.reduce((total, each) => total + pick(each), 0);
  for (const [what, count] of [...totals].sort()) console.log(`  ${what.padEnd(48)} ${count}`);
  const hours = Math.round(sum(({ simulatedMs }) => simulatedMs) / 3_600_000);
  console.log(
    `${summaries.length} worlds, ${sum(({ events }) => events)} events, ${hours} simulated hours, ${seconds.toFixed(1)} s`,
  );
}
