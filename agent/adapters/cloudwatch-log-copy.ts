/** The first megabytes of each hour's log, to CloudWatch Logs, for people. S3 has the whole log. */
import {
  type CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { LogCopy } from '../ports';

const HOUR_MS = 3_600_000;
const BYTES_AN_HOUR = 5 * 2 ** 20;
/** PutLogEvents: at most 10,000 events and 1 MiB, 26 bytes of it for each event. */
const MOST_EVENTS = 5_000;
const BATCH_BYTES = 800_000;
const EVENT_OVERHEAD_BYTES = 26;
const LONGEST_EVENT = 8_000;

export class CloudWatchLogCopy implements LogCopy {
  #stream: Promise<void> | undefined;
  #sending: Promise<void> = Promise.resolve();
  #hour = 0;
  #bytesThisHour = 0;

  constructor(
    private readonly logs: CloudWatchLogsClient,
    private readonly target: { logGroupName: string; logStreamName: string },
  ) {}

  write(lines: readonly string[], atMs: number): Promise<void> {
    const hour = Math.floor(atMs / HOUR_MS);
    if (hour !== this.#hour) this.#bytesThisHour = 0;
    this.#hour = hour;
    const kept: string[] = [];
    for (const line of lines) {
      if (this.#bytesThisHour > BYTES_AN_HOUR) break;
      this.#bytesThisHour += Buffer.byteLength(line) + EVENT_OVERHEAD_BYTES;
      const isLast = this.#bytesThisHour > BYTES_AN_HOUR;
      kept.push(isLast ? '… the rest of this hour is only in S3' : line.slice(0, LONGEST_EVENT));
    }
    const sent = this.#sending.then(() => this.#send(kept, atMs));
    this.#sending = sent.catch(() => undefined);
    return sent;
  }

  async #send(lines: readonly string[], timestamp: number): Promise<void> {
    if (lines.length === 0) return;
    this.#stream ??= this.#createStream();
    await this.#stream.catch((error: unknown) => {
      this.#stream = undefined;
      throw error;
    });
    let batch: { message: string; timestamp: number }[] = [];
    let bytes = 0;
    for (const message of lines) {
      if (batch.length >= MOST_EVENTS || bytes > BATCH_BYTES) {
        await this.#put(batch);
        batch = [];
        bytes = 0;
      }
      batch.push({ message, timestamp });
      bytes += Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
    }
    await this.#put(batch);
  }

  async #put(logEvents: { message: string; timestamp: number }[]): Promise<void> {
    await this.logs.send(new PutLogEventsCommand({ ...this.target, logEvents }));
  }

  async #createStream(): Promise<void> {
    try {
      await this.logs.send(new CreateLogStreamCommand(this.target));
    } catch (error) {
      if (!(error instanceof ResourceAlreadyExistsException)) throw error;
    }
  }
}
