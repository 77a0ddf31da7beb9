import { resolve } from 'node:path';
import { loadAssembly } from './local/template/assembly';
import { buildBundles } from './simulation/bundles/bundles';
import { createPrograms } from './simulation/bundles/programs';
import { NO_FAULTS } from './simulation/faults/profile';
import { runWorld } from './simulation/run-world';
async function main() {
  const assembly = loadAssembly(resolve('cdk.out'));
  const programs = createPrograms(await buildBundles(process.cwd()));
  for (const seed of ['n-0', 'n-1']) {
  const r = await runWorld({ seed, sessions: 20, faults: { ...NO_FAULTS, instances: { ...NO_FAULTS.instances, networkLost: 0.3 } }, assembly, programs });
  console.log(r.violations);
  for (const s of r.world.sessions.values()) if (s.job.resources.nodes > 1) for (const a of s.attempts) console.log(s.sessionId, a.number, a.nodes.length, a.verdict?.at, a.verdict?.error, a.verdict?.message.split('\n')[0], a.nodes.map((n) => `${n.instanceId.slice(0,6)} ${n.final?.outcome}/${n.final?.reason} sus ${n.suspectSince} st ${n.statusAt}`).join('; '));
  for (const e of r.entries) if (e.happening.kind === 'misfortune') console.log(e.atMs/60000, e.happening);
  }
  process.exit(0);
}
void main();
