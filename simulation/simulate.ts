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
import { runShards, type WorldJob } from './shards';
import { Tally } from './tally';
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
  const jobs = jobsOf(seed, sessions);
  const tally = new Tally(jobs.length);
  console.log(`simulating ${sessions} sessions, seed ${seed}`);
  await runShards({
    ...{ bundles, faults, assemblyDir: ASSEMBLY, jobs, workers: Number(options.workers) },
    onSummary: (summary) => {
      for (const { invariant, what, sessionId } of summary.violations.slice(0, 1)) {
        const world = nameOf(summary);
        console.log(`BROKEN in world ${world}: ${invariant}: ${sessionId ?? ''} ${what}`);
        console.log(`  again: npm run simulate -- --replay ${world}`);
      }
      for (const line of tally.add(summary)) console.log(line);
    },
  });
  for (const line of tally.lines()) console.log(line);
  for (const world of tally.broken.slice(0, Number(options.explain))) {
    await replay(nameOf(world), options, bundles, faults);
  }
  if (tally.broken.length > 0)
    console.log(
      `${tally.broken.length} of ${jobs.length} worlds broke a promise; seed ${seed} makes the same run again`,
    );
  return tally.broken.length === 0;
}

async function replay(
  seed: string,
  options: SimulateOptions,
  bundles: Bundles,
  faults: FaultProfile,
): Promise<boolean> {
  const given = { ...jobOf(seed), faults, assembly: loadAssembly(ASSEMBLY), programs: createPrograms(bundles) };
  const report = await runWorld(given);
  const [violation] = report.violations;
  if (violation === undefined || Number(options.explain) === 0) {
    const lines = timelineOf(report, options.session === undefined ? 'all' : [options.session]);
    if (options.replay !== undefined) for (const line of lines) console.log(line);
    console.log(`world ${seed} ${violation ? 'breaks a promise' : 'keeps every promise'} (${report.events} events)`);
    if (violation) console.log(`${violation.invariant}: ${violation.sessionId ?? ''} ${violation.what}`);
    return violation === undefined;
  }
  for (const line of await explain(report, given, seed)) console.log(line);
  return false;
}
