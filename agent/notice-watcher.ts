/** Looks every 5 s whether EC2 is about to take the instance back; AWS gives about two minutes of warning. */
import type { Clock, Log, Metadata } from './ports';
import { messageOf } from './retry';
import type { StopLatch } from './stop-latch';

export interface Notice {
  action: string;
  /** ISO 8601: when EC2 will do it. */
  time: string;
  seenAt: string;
}

export interface NoticeWatcherOptions {
  clock: Clock;
  log: Log;
  metadata: Metadata;
  latch: StopLatch;
  pollMs: number;
  /** AWS's time, in milliseconds since the Unix epoch: the machine's own clock may be wrong by hours. */
  awsNow: () => number;
  /** Settles once others can know of it, or cannot be told. */
  onNotice: (notice: Notice) => Promise<void>;
  onRebalance: () => void;
}

/** When the notice's own time cannot be read: what AWS promises, less what polling took. */
const WARNING_MS = 110_000;

export class NoticeWatcher {
  #notice: Notice | undefined;
  #isRebalanceSeen = false;
  #told: Promise<void> = Promise.resolve();

  constructor(private readonly options: NoticeWatcherOptions) {}

  get notice(): Notice | undefined {
    return this.#notice;
  }

  /** Settles once others can know of the notice. */
  get told(): Promise<void> {
    return this.#told;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await this.options.clock.sleep(this.options.pollMs, signal);
    }
  }

  /** Once, now. Never throws. */
  async look(): Promise<void> {
    await this.#look().catch((error: unknown) => this.options.log(`instance metadata: ${messageOf(error)}`));
  }

  async #look(): Promise<void> {
    const { metadata, onRebalance } = this.options;
    if (this.#notice) return;
    const text = await metadata.get('meta-data/spot/instance-action');
    if (text !== undefined) return this.#see(text);
    if (this.#isRebalanceSeen) return;
    if ((await metadata.get('meta-data/events/recommendations/rebalance')) === undefined) return;
    this.#isRebalanceSeen = true;
    onRebalance();
  }

  #see(text: string): void {
    const { clock, latch, awsNow, onNotice } = this.options;
    const said = parse(text);
    const seenAt = new Date(clock.now()).toISOString();
    const leftMs = Number.isNaN(Date.parse(said.time)) ? WARNING_MS : Date.parse(said.time) - awsNow();
    this.#notice = { ...said, seenAt };
    this.#told = onNotice(this.#notice);
    latch.request({
      kind: 'interrupted',
      reason: 'SpotNotice',
      deadlineMs: clock.monotonic() + Math.max(0, leftMs),
      immediate: false,
    });
  }
}

function parse(text: string): { action: string; time: string } {
  try {
    const { action, time } = JSON.parse(text) as { action?: unknown; time?: unknown };
    return { action: String(action ?? 'terminate'), time: String(time ?? '') };
  } catch {
    return { action: 'terminate', time: '' };
  }
}
