/** Many worlds, some at once: each is run whole by one worker thread. */
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Bundles } from './bundles/bundles';
import { withWorkerProgram } from './bundles/worker-program';
import type { FaultProfile } from './faults/profile';
import type { Violation } from './invariants';

export interface WorldJob {
  seed: string;
  sessions: number;
}

/** What a worker says of one world. */
export interface WorldSummary {
  seed: string;
  sessions: number;
  violations: readonly Violation[];
  events: number;
  simulatedMs: number;
  realMs: number;
  counts: Readonly<Record<string, number>>;
}

export interface ShardsData {
  bundles: Bundles;
  assemblyDir: string;
  faults: FaultProfile;
}

export interface ShardsOptions extends ShardsData {
  jobs: readonly WorldJob[];
  workers: number;
  onSummary: (summary: WorldSummary) => void;
}

/** Most of what a world makes is gone a moment later. */
const YOUNG_MB = 64;

/** Stops handing out worlds once `onSummary` throws; rejects with what it threw, or with a worker's failure. */
export async function runShards({ jobs, workers, onSummary, ...data }: ShardsOptions): Promise<void> {
  // Each cold start makes every function anew: most run too seldom to be compiled otherwise.
  setFlagsFromString('--always-sparkplug');
  const waiting = jobs.values();
  const work = async (program: string) => {
    const worker = new Worker(program, {
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    try {
      for (const job of waiting) onSummary(await ask(worker, job));
    } finally {
      await worker.terminate();
    }
  };
  await withWorkerProgram(async (program) => {
    await Promise.all(Array.from({ length: Math.min(workers, jobs.length) }, () => work(program)));
  });
}

function ask(worker: Worker, job: WorldJob): Promise<WorldSummary> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number) => settle(() => reject(new Error(`A worker ended with code ${code}.`)));
    const onError = (error: unknown) => settle(() => reject(error));
    const onMessage = (summary: WorldSummary) => settle(() => resolve(summary));
    const settle = (act: () => void) => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      act();
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(job);
  });
}
