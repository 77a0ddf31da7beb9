/** How far bytes on their way are, and how fast. */
import type { Transfer } from '../core/node/node-status';

/** The rate is that of this long: shorter jumps about, longer hides that it has stopped. */
const WINDOW_MS = 20_000;
const SAMPLE_MS = 500;
/** A rate from less than this is a guess. */
const LEAST_MS = 1_000;

interface Sample {
  atMs: number;
  bytes: number;
}

export class TransferMeter {
  #bytes = 0;
  #files = 0;
  /** Bytes that were there already: they say nothing of the rate. */
  #found = 0;
  #total: { bytes: number; files: number } | null = null;
  #samples: Sample[];
  readonly #beganAtMs: number;

  /** `monotonicMs` is the time on a clock that never jumps. */
  constructor(private readonly monotonicMs: () => number) {
    this.#beganAtMs = monotonicMs();
    this.#samples = [{ atMs: this.#beganAtMs, bytes: 0 }];
  }

  get seconds(): number {
    return (this.monotonicMs() - this.#beganAtMs) / 1000;
  }

  get movedBytes(): number {
    return this.#bytes;
  }

  /** Negative when what came is thrown away. */
  moved(bytes: number): void {
    this.#bytes += bytes;
    const atMs = this.monotonicMs();
    if (atMs - (this.#samples.at(-1)?.atMs ?? 0) < SAMPLE_MS) return;
    this.#samples.push({ atMs, bytes: this.#bytes });
    while ((this.#samples[1]?.atMs ?? atMs) < atMs - WINDOW_MS) this.#samples.shift();
  }

  found(bytes: number): void {
    this.#found += bytes;
  }

  fileDone(): void {
    this.#files += 1;
  }

  setTotal(total: { bytes: number; files: number }): void {
    this.#total = total;
  }

  read(): Transfer {
    const doneBytes = this.#bytes + this.#found;
    const totalBytes = this.#total?.bytes ?? null;
    const bytesPerSecond = this.#bytesPerSecond();
    const leftBytes = totalBytes === null ? null : Math.max(0, totalBytes - doneBytes);
    return {
      doneBytes,
      totalBytes,
      doneFiles: this.#files,
      totalFiles: this.#total?.files ?? null,
      bytesPerSecond,
      etaSeconds: leftBytes === null || !bytesPerSecond ? null : Math.round(leftBytes / bytesPerSecond),
    };
  }

  /** Up to now, so that a standstill shows. */
  #bytesPerSecond(): number | null {
    const nowMs = this.monotonicMs();
    const first = this.#samples.find(({ atMs }) => atMs >= nowMs - WINDOW_MS) ?? this.#samples.at(-1);
    const tookMs = nowMs - (first?.atMs ?? nowMs);
    if (first === undefined || tookMs < LEAST_MS) return null;
    return Math.max(0, Math.round(((this.#bytes - first.bytes) / tookMs) * 1000));
  }
}
