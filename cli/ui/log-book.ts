/**
 * The log of one node of one attempt, kept at hand and read once: what runs is followed in CloudWatch Logs, what has ended
 * is read whole from S3. Its metrics are read on the way.
 */
import type { Progress } from '../../core/node/node-status';
import { MetricReader } from '../../core/view/metric-history';
import type { LogSource, Logs } from '../cloud/logs';

/** Lines kept, the newest; `runctl logs` prints all. */
const MOST_LINES = 50_000;

export interface Page {
  generation: number;
  from: number;
  lines: string[];
  dropped: number;
}

export class LogBook {
  readonly metrics = new MetricReader();
  /** Grows with every line. */
  version = 0;
  #lines: string[] = [];
  /** Older ones than the first of `#lines`. */
  #dropped = 0;
  #generation = 1;
  #token: string | undefined;
  #heardStep = -1;
  #isWhole = false;
  #reading: Promise<void> | undefined;

  constructor(
    private readonly logs: Pick<Logs, 'next' | 'whole'>,
    private readonly source: LogSource,
  ) {}

  /** Reads what is new. `isOver`: the node will write no more. One reading at a time, whoever asks. */
  refresh(isOver: boolean): Promise<void> {
    if (this.#isWhole) return Promise.resolve();
    this.#reading ??= (isOver ? this.#readWhole() : this.#readNew()).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** The node's own word, by its heartbeat: CloudWatch Logs takes only so much of a talkative log. */
  hear({ step, metrics }: Pick<Progress, 'step' | 'metrics'>): void {
    if (step === null || step <= this.#heardStep) return;
    this.#heardStep = step;
    this.metrics.take(step, metrics);
    this.version += 1;
  }

  /** What somebody who has read up to `from` of that generation has not seen yet. */
  page(generation: number, from: number): Page {
    const start = generation === this.#generation ? Math.max(from, this.#dropped) : this.#dropped;
    const lines = this.#lines.slice(start - this.#dropped);
    return { generation: this.#generation, from: start, lines, dropped: this.#dropped };
  }

  async #readNew(): Promise<void> {
    const { messages, token } = await this.logs.next(this.source, this.#token);
    this.#token = token;
    this.#append(messages);
  }

  /** CloudWatch Logs has not all of a talkative log, S3 not the last seconds of a host that vanished: the longer one is taken. */
  async #readWhole(): Promise<void> {
    await this.#readNew();
    const whole: string[] = [];
    for await (const line of this.logs.whole(this.source)) if (line !== '') whole.push(line);
    this.#isWhole = true;
    if (whole.length <= this.#dropped + this.#lines.length) return;
    this.#lines = [];
    this.#dropped = 0;
    this.#generation += 1;
    this.#append(whole);
  }

  #append(lines: readonly string[]): void {
    for (const line of lines) this.metrics.read(line);
    this.version += lines.length;
    this.#lines = [...this.#lines, ...lines];
    const surplus = this.#lines.length - MOST_LINES;
    if (surplus <= 0) return;
    this.#lines = this.#lines.slice(surplus);
    this.#dropped += surplus;
  }
}
