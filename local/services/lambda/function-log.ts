/** Puts what a worker writes into CloudWatch Logs, with the lines that the Lambda platform adds. */
import type { Clock } from '../../clock';
import type { CallContext, Dispatch } from '../../service';
import type { LambdaFunction } from './lambda-function';

interface LogEvent {
  timestamp: number;
  message: string;
}

export interface Report {
  requestId: string;
  durationMs: number;
  initMs?: number;
  heapBytes?: number;
  status?: 'error' | 'timeout';
}

const MEBIBYTE = 2 ** 20;

/** One log stream; each execution environment of a function has its own, as on Lambda. */
export class FunctionLog {
  readonly #clock: Clock;
  readonly #definition: LambdaFunction;
  readonly #call: (operation: string, input: object) => Promise<object>;
  readonly #complain: (line: string) => void;
  readonly streamName: string;
  #partial = '';
  #pending: LogEvent[] = [];
  #written: Promise<void> | undefined;
  #tail = '';

  constructor(
    definition: LambdaFunction,
    options: { clock: Clock; id: string; dispatch: Dispatch; context: CallContext; log: (line: string) => void },
  ) {
    this.#clock = options.clock;
    this.#definition = definition;
    this.#call = (operation, input) => options.dispatch('logs', operation, input, options.context);
    this.#complain = options.log;
    const day = new Date(options.clock.now()).toISOString().slice(0, 10).replaceAll('-', '/');
    this.streamName = `${day}/[$LATEST]${options.id.replaceAll('-', '')}`;
  }

  /** Text of the invocation under way (or the last one), for LogType Tail. */
  get tail(): string {
    return this.#tail;
  }

  start(requestId: string): void {
    this.#tail = '';
    this.#platformLine(
      'platform.start',
      { requestId, version: '$LATEST' },
      `START RequestId: ${requestId} Version: $LATEST`,
    );
  }

  /** Text as the function wrote it; whole lines become log events. */
  write(text: string): void {
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  end(report: Report): void {
    if (this.#partial !== '') this.write('\n');
    const { requestId, status } = report;
    const durationMs = Math.max(0, report.durationMs);
    const metrics = {
      durationMs: Number(durationMs.toFixed(3)),
      billedDurationMs: Math.ceil(durationMs + (report.initMs ?? 0)),
      memorySizeMB: this.#definition.memoryMiB,
      maxMemoryUsedMB: Math.ceil((report.heapBytes ?? 0) / MEBIBYTE),
      ...(report.initMs === undefined ? {} : { initDurationMs: Number(report.initMs.toFixed(3)) }),
    };
    if (this.#definition.logFormat === 'Text') this.#line(`END RequestId: ${requestId}`);
    const columns = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${durationMs.toFixed(2)} ms`,
      `Billed Duration: ${metrics.billedDurationMs} ms`,
      `Memory Size: ${metrics.memorySizeMB} MB`,
      `Max Memory Used: ${metrics.maxMemoryUsedMB} MB`,
      ...(report.initMs === undefined ? [] : [`Init Duration: ${report.initMs.toFixed(2)} ms`]),
      ...(status === undefined ? [] : [`Status: ${status}`]),
    ];
    this.#platformLine('platform.report', { requestId, metrics, status: status ?? 'success' }, columns.join('\t'));
    this.#flush();
  }

  /** Resolves once everything written so far is in CloudWatch Logs. */
  async flushed(): Promise<void> {
    await this.#written;
  }

  #platformLine(type: string, record: object, text: string): void {
    const time = new Date(this.#clock.now()).toISOString();
    this.#line(this.#definition.logFormat === 'JSON' ? JSON.stringify({ time, type, record }) : text);
  }

  #line(message: string): void {
    if (message === '') return;
    this.#pending.push({ timestamp: Math.floor(this.#clock.now()), message });
    this.#tail += `${message}\n`;
  }

  #flush(): void {
    const logEvents = this.#pending;
    this.#pending = [];
    const stream = { logGroupName: this.#definition.logGroupName, logStreamName: this.streamName };
    this.#written = (this.#written ?? this.#create(stream))
      .then(() => this.#call('PutLogEvents', { ...stream, logEvents }))
      .then(
        () => {},
        (error: unknown) => this.#complain(`Logs of ${this.#definition.name} are lost: ${String(error)}`),
      );
  }

  async #create(stream: { logGroupName: string; logStreamName: string }): Promise<void> {
    try {
      await this.#call('CreateLogStream', stream);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error;
      await this.#call('CreateLogGroup', { logGroupName: stream.logGroupName });
      await this.#call('CreateLogStream', stream);
    }
  }
}
