/** From samples of how busy devices are to what a node's status says of them. */

import { iso } from '../time';
import type { Utilization } from './node-status';

export interface UsageSample {
  /** CPUs' worth of time that training's processes used, e.g. 3.5; null: not measured. */
  busyCpus: number | null;
  cpus: number;
  /** Of each GPU, 0..1. */
  gpus: readonly number[];
}

/** A process that waits wakes up now and then: less than this of one CPU is nothing. */
const BUSY_CPUS = 0.05;
/** nvidia-smi: share of its last sampling period in which anything ran. */
const BUSY_GPU = 0.03;
/** A minute, at a sample with each heartbeat. */
const SAMPLES = 4;

export class UsageTracker {
  #samples: UsageSample[] = [];
  #busyAtMs: number | undefined;
  #gpuBusyAtMs: number | undefined;

  /** `nowMs`: milliseconds since the Unix epoch. */
  add(sample: UsageSample, nowMs: number): void {
    this.#samples = [...this.#samples, sample].slice(-SAMPLES);
    const isGpuBusy = sample.gpus.some((share) => share >= BUSY_GPU);
    const isCpuBusy = sample.busyCpus !== null && sample.busyCpus >= BUSY_CPUS;
    if (sample.gpus.length > 0 && (isGpuBusy || this.#gpuBusyAtMs === undefined)) this.#gpuBusyAtMs = nowMs;
    if (isGpuBusy || isCpuBusy || this.#busyAtMs === undefined) this.#busyAtMs = nowMs;
  }

  /** Null before the first sample, and of a node where nothing can be measured. */
  get utilization(): Utilization | null {
    const measured = this.#samples.filter(({ busyCpus, gpus }) => busyCpus !== null || gpus.length > 0);
    if (measured.length === 0 || this.#busyAtMs === undefined) return null;
    const cpuShares = measured.flatMap(({ busyCpus, cpus }) => (busyCpus === null ? [] : [busyCpus / cpus]));
    const count = Math.max(...measured.map(({ gpus }) => gpus.length));
    return {
      cpu: cpuShares.length === 0 ? null : share(mean(cpuShares)),
      gpus: Array.from({ length: count }, (_, gpu) => share(mean(measured.flatMap(({ gpus }) => gpus[gpu] ?? [])))),
      busyAt: iso(this.#busyAtMs),
      gpuBusyAt: this.#gpuBusyAtMs === undefined ? null : iso(this.#gpuBusyAtMs),
    };
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
const share = (value: number) => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;
