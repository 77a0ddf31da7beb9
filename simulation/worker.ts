/** Runs the worlds that it is handed, one after the other, and says what became of each. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadAssembly } from '../local/template/assembly';
import { createPrograms } from './bundles/programs';
import { runWorld } from './run-world';
import type { ShardsData, WorldJob } from './shards';
import { summarize } from './summary';

// Most errors here are answers; a world that fails is run again with traces.
Error.stackTraceLimit = 0;

const { bundles, assemblyDir, faults } = workerData as ShardsData;
const programs = createPrograms(bundles);
const assembly = loadAssembly(assemblyDir);

parentPort?.on('message', async (job: WorldJob) => {
  const beganAt = performance.now();
  const report = await runWorld({ ...job, faults, assembly, programs, countsOnly: true });
  parentPort?.postMessage(summarize(report, job, performance.now() - beganAt));
});
