/** Log groups, streams and events, in memory. */
import { AwsError } from '../../service';

export interface LogEvent {
  /** Sorts in the order of arrival; unique. */
  id: string;
  timestamp: number;
  ingestionTime: number;
  message: string;
}

export interface LogStream {
  name: string;
  createdMs: number;
  /** Ordered by timestamp, and by arrival within one. */
  events: LogEvent[];
}

export interface LogGroup {
  name: string;
  createdMs: number;
  retentionDays?: number;
  streams: Map<string, LogStream>;
}

/** The oldest events of a stream are forgotten beyond it, so that a long-lived local cloud does not fill the memory. */
const MAX_EVENTS_PER_STREAM = 100_000;
const DAY_MS = 86_400_000;

export class LogStore {
  readonly #groups = new Map<string, LogGroup>();
  #arrivals = 0;

  constructor(private readonly now: () => number) {}

  groups(): LogGroup[] {
    return [...this.#groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws AwsError ResourceAlreadyExistsException, InvalidParameterException. */
  createGroup(name: string): LogGroup {
    if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name)) throw invalid(`The log group name ${name} is not valid.`);
    if (this.#groups.has(name)) throw exists('The specified log group already exists');
    const group: LogGroup = { name, createdMs: this.now(), streams: new Map() };
    this.#groups.set(name, group);
    return group;
  }

  /** By name or ARN. @throws AwsError ResourceNotFoundException. */
  group(nameOrArn: string | undefined): LogGroup {
    const name = /^arn:aws:logs:[^:]*:[^:]*:log-group:([^:]+)/.exec(nameOrArn ?? '')?.[1] ?? nameOrArn;
    const group = this.#groups.get(name ?? '');
    if (!group) throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
    return group;
  }

  find(name: string): LogGroup | undefined {
    return this.#groups.get(name);
  }

  deleteGroup(name: string | undefined): void {
    this.#groups.delete(this.group(name).name);
  }

  /** @throws AwsError ResourceAlreadyExistsException, InvalidParameterException. */
  createStream(group: LogGroup, name: string): LogStream {
    if (!/^[^:*]{1,512}$/.test(name)) throw invalid(`The log stream name ${name} is not valid.`);
    if (group.streams.has(name)) throw exists('The specified log stream already exists');
    const stream: LogStream = { name, createdMs: this.now(), events: [] };
    group.streams.set(name, stream);
    return stream;
  }

  /** @throws AwsError ResourceNotFoundException. */
  stream(group: LogGroup, name: string | undefined): LogStream {
    const stream = group.streams.get(name ?? '');
    if (!stream) throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
    return stream;
  }

  append(group: LogGroup, stream: LogStream, events: readonly { timestamp: number; message: string }[]): void {
    const ingestionTime = Math.floor(this.now());
    for (const { timestamp, message } of events) {
      const id = String(this.#arrivals++).padStart(56, '0');
      stream.events.push({ id, timestamp: Math.floor(timestamp), ingestionTime, message });
    }
    const [last, before] = [events[0], stream.events.at(-events.length - 1)];
    if (last && before && before.timestamp > last.timestamp) {
      stream.events.sort((a, b) => a.timestamp - b.timestamp || (a.id < b.id ? -1 : 1));
    }
    this.#forget(group, stream);
  }

  #forget(group: LogGroup, stream: LogStream): void {
    const oldestMs = group.retentionDays === undefined ? 0 : this.now() - group.retentionDays * DAY_MS;
    const excess = stream.events.length - MAX_EVENTS_PER_STREAM;
    const isExpired = (stream.events[0]?.timestamp ?? oldestMs) < oldestMs;
    if (excess <= 0 && !isExpired) return;
    stream.events = stream.events.slice(Math.max(0, excess)).filter((event) => event.timestamp >= oldestMs);
  }
}

export function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

function exists(message: string): AwsError {
  return new AwsError('ResourceAlreadyExistsException', message);
}
