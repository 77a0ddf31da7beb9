/** CloudWatch Logs, in memory: what functions and agents write, for `aws logs tail` and its like. */
import type {
  DescribeLogGroupsRequest,
  DescribeLogStreamsRequest,
  PutLogEventsRequest,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from '../../clock';
import type { Operation, Service } from '../../service';
import { supporting } from '../supporting';
import { invalid, type LogGroup, LogStore, type LogStream } from './log-store';
import { filterLogEvents, getLogEvents } from './read-events';

export interface LogsOptions {
  clock: Clock;
  region: string;
  accountId: string;
}

export interface Logs extends Service {
  /** Writes lines as of now; makes the group and the stream when they are missing. */
  write(group: string, stream: string, messages: readonly string[]): void;
  /** All messages of a group so far, in the order of time. */
  messages(group: string): string[];
}

export function createLogs(options: LogsOptions): Logs {
  const { clock } = options;
  const store = new LogStore(() => clock.now());
  return {
    id: 'logs',
    operations: { ...groupOperations(store, options), ...streamOperations(store, options) },
    write(groupName, streamName, messages) {
      const group = store.find(groupName) ?? store.createGroup(groupName);
      const stream = group.streams.get(streamName) ?? store.createStream(group, streamName);
      store.append(
        group,
        stream,
        messages.map((message) => ({ timestamp: clock.now(), message })),
      );
    },
    messages: (group) =>
      store.find(group)
        ? (filterLogEvents(store, { logGroupName: group }).events ?? []).map(({ message = '' }) => message)
        : [],
  };
}

function groupOperations(store: LogStore, options: LogsOptions): Record<string, Operation> {
  const op = supporting('logs');
  return {
    CreateLogGroup: op('logGroupName tags logGroupClass', async ({ logGroupName }) => {
      store.createGroup(logGroupName);
      return {};
    }),
    DeleteLogGroup: op('logGroupName', async ({ logGroupName }) => {
      store.deleteGroup(logGroupName);
      return {};
    }),
    DescribeLogGroups: op(
      'logGroupNamePrefix logGroupNamePattern nextToken limit',
      async ({
        logGroupNamePrefix = '',
        logGroupNamePattern = '',
        nextToken = '',
        limit = 50,
      }: DescribeLogGroupsRequest) => {
        const groups = store
          .groups()
          .filter(
            ({ name }) => name.startsWith(logGroupNamePrefix) && name.includes(logGroupNamePattern) && name > nextToken,
          );
        const page = groups.slice(0, limit);
        const last = page.at(-1);
        return {
          logGroups: page.map((group) => describeGroup(group, options)),
          ...(last && groups.length > page.length && { nextToken: last.name }),
        };
      },
    ),
    PutRetentionPolicy: op('logGroupName retentionInDays', async ({ logGroupName, retentionInDays }) => {
      store.group(logGroupName).retentionDays = retentionInDays;
      return {};
    }),
    DeleteRetentionPolicy: op('logGroupName', async ({ logGroupName }) => {
      delete store.group(logGroupName).retentionDays;
      return {};
    }),
  };
}

function streamOperations(store: LogStore, options: LogsOptions): Record<string, Operation> {
  const op = supporting('logs');
  return {
    CreateLogStream: op('logGroupName logStreamName', async ({ logGroupName, logStreamName }) => {
      store.createStream(store.group(logGroupName), logStreamName);
      return {};
    }),
    DeleteLogStream: op('logGroupName logStreamName', async ({ logGroupName, logStreamName }) => {
      const group = store.group(logGroupName);
      group.streams.delete(store.stream(group, logStreamName).name);
      return {};
    }),
    DescribeLogStreams: op(
      'logGroupName logGroupIdentifier logStreamNamePrefix orderBy descending nextToken limit',
      async (input: DescribeLogStreamsRequest) => describeStreams(store, input, options),
    ),
    PutLogEvents: op('logGroupName logStreamName logEvents sequenceToken', async (input: PutLogEventsRequest) => {
      const group = store.group(input.logGroupName);
      const stream = store.stream(group, input.logStreamName);
      const events = (input.logEvents ?? []).map(({ timestamp = 0, message = '' }) => ({ timestamp, message }));
      if (events.some((event, index) => index > 0 && event.timestamp < (events[index - 1]?.timestamp ?? 0))) {
        throw invalid('Log events in a single PutLogEvents request must be in chronological order.');
      }
      store.append(group, stream, events);
      return { nextSequenceToken: String(stream.events.length) };
    }),
    GetLogEvents: op(
      'logGroupName logGroupIdentifier logStreamName startTime endTime nextToken limit startFromHead',
      async (input) => getLogEvents(store, input),
    ),
    FilterLogEvents: op(
      'logGroupName logGroupIdentifier logStreamNames logStreamNamePrefix startTime endTime filterPattern nextToken limit interleaved',
      async (input) => filterLogEvents(store, input),
    ),
  };
}

function describeGroup(group: LogGroup, options: LogsOptions): object {
  const arn = groupArn(group, options);
  return {
    logGroupName: group.name,
    creationTime: Math.floor(group.createdMs),
    arn: `${arn}:*`,
    logGroupArn: arn,
    storedBytes: [...group.streams.values()].reduce((sum, stream) => sum + storedBytes(stream), 0),
    logGroupClass: 'STANDARD',
    metricFilterCount: 0,
    ...(group.retentionDays !== undefined && { retentionInDays: group.retentionDays }),
  };
}

function describeStreams(store: LogStore, input: DescribeLogStreamsRequest, options: LogsOptions): object {
  const group = store.group(input.logGroupName ?? input.logGroupIdentifier);
  const {
    logStreamNamePrefix = '',
    orderBy = 'LogStreamName',
    descending = false,
    limit = 50,
    nextToken = '0',
  } = input;
  const rank = ({ name, events }: LogStream) =>
    orderBy === 'LastEventTime' ? String(events.at(-1)?.timestamp ?? 0).padStart(15, '0') : name;
  const streams = [...group.streams.values()]
    .filter(({ name }) => name.startsWith(logStreamNamePrefix))
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1) * (descending ? -1 : 1));
  const end = Number(nextToken) + limit;
  return {
    logStreams: streams.slice(Number(nextToken), end).map((stream) => {
      const [first, last] = [stream.events[0], stream.events.at(-1)];
      return {
        logStreamName: stream.name,
        creationTime: Math.floor(stream.createdMs),
        arn: `${groupArn(group, options)}:log-stream:${stream.name}`,
        storedBytes: 0,
        ...(first && { firstEventTimestamp: first.timestamp }),
        ...(last && { lastEventTimestamp: last.timestamp, lastIngestionTime: last.ingestionTime }),
      };
    }),
    ...(streams.length > end && { nextToken: String(end) }),
  };
}

function groupArn({ name }: LogGroup, { region, accountId }: LogsOptions): string {
  return `arn:aws:logs:${region}:${accountId}:log-group:${name}`;
}

function storedBytes({ events }: LogStream): number {
  // CloudWatch counts 26 bytes of overhead for each event.
  return events.reduce((sum, { message }) => sum + Buffer.byteLength(message) + 26, 0);
}
