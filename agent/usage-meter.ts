/** Measures with each heartbeat how busy this machine's devices are, as long as training runs. */
import { type UsageSample, UsageTracker } from '../core/node/usage';
import { cpuSecondsOf } from './cpu-time';
import type { Clock, Log, RunTool } from './ports';
import { messageOf } from './retry';

export interface UsageMeterOptions {
  clock: Clock;
  log: Log;
  runTool: RunTool;
  intervalMs: number;
  cpus: number;
  gpus: number;
  /** Process ids of training. */
  pids: () => readonly number[];
}

const SECOND_MS = 1000;
const ANSWER_WITHIN_MS = 10 * SECOND_MS;
const QUERY = ['--query-gpu=utilization.gpu', '--format=csv,noheader,nounits'];

export class UsageMeter {
  readonly tracker = new UsageTracker();
  #last: { atMs: number; cpuSeconds: number } | undefined;
  #hasGpuFailed = false;

  constructor(private readonly options: UsageMeterOptions) {}

  async run(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs } = this.options;
    while (!signal.aborted) {
      await this.measure();
      await clock.sleep(intervalMs, signal);
    }
  }

  async measure(): Promise<void> {
    const { clock, cpus } = this.options;
    const busyCpus = this.#busyCpus();
    const sample: UsageSample = { busyCpus, cpus, gpus: await this.#gpus() };
    this.tracker.add(sample, clock.now());
  }

  /** Since the last look; null at the first. A process that ended took its time with it: that looks idle, not negative. */
  #busyCpus(): number | null {
    const { clock, pids } = this.options;
    const last = this.#last;
    const cpuSeconds = cpuSecondsOf(pids());
    const atMs = clock.monotonic();
    this.#last = cpuSeconds === undefined ? undefined : { atMs, cpuSeconds };
    if (cpuSeconds === undefined || last === undefined || atMs <= last.atMs) return null;
    return Math.max(0, cpuSeconds - last.cpuSeconds) / ((atMs - last.atMs) / SECOND_MS);
  }

  /** Of each GPU, 0..1; none where nvidia-smi does not answer. */
  async #gpus(): Promise<number[]> {
    const { gpus, runTool, log } = this.options;
    if (gpus === 0) return [];
    try {
      const output = await runTool('nvidia-smi', QUERY, { timeoutMs: ANSWER_WITHIN_MS });
      const percents = output.trim().split('\n').map(Number);
      return percents.every(Number.isFinite) ? percents.map((percent) => percent / 100) : [];
    } catch (error) {
      if (!this.#hasGpuFailed) log(`nvidia-smi: ${messageOf(error)}`);
      this.#hasGpuFailed = true;
      return [];
    }
  }
}
