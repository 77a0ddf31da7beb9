import type {
  FilterLogEventsRequest,
  FilterLogEventsResponse,
  GetLogEventsRequest,
  GetLogEventsResponse,
} from '@aws-sdk/client-cloudwatch-logs';
import { compileFilterPattern } from './filter-pattern';
import { invalid, type LogEvent, type LogStore } from './log-store';

const MAX_EVENTS = 10_000;

/** Across the streams of a group, in the order of time. */
export function filterLogEvents(store: LogStore, input: FilterLogEventsRequest): FilterLogEventsResponse {
  const group = store.group(input.logGroupName ?? input.logGroupIdentifier);
  const matches = compileFilterPattern(input.filterPattern);
  const { logStreamNames, logStreamNamePrefix = '', limit = MAX_EVENTS, nextToken } = input;
  for (const name of logStreamNames ?? []) store.stream(group, name);
  const streams = [...group.streams.values()].filter(
    ({ name }) => name.startsWith(logStreamNamePrefix) && (logStreamNames?.includes(name) ?? true),
  );
  const found = streams
    .flatMap(({ name, events }) => events.filter(inTime(input)).map((event) => ({ logStreamName: name, event })))
    .filter(({ event }) => matches(event.message) && (nextToken === undefined || orderOf(event) > nextToken))
    .sort((a, b) => (orderOf(a.event) < orderOf(b.event) ? -1 : 1));
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    events: page.map(({ logStreamName, event: { id, ...event } }) => ({ logStreamName, eventId: id, ...event })),
    searchedLogStreams: [],
    ...(last && found.length > page.length && { nextToken: orderOf(last.event) }),
  };
}

/** Of one stream, by pages in both directions: a token is `f/` or `b/` and the event to go on after or before. */
export function getLogEvents(store: LogStore, input: GetLogEventsRequest): GetLogEventsResponse {
  const stream = store.stream(store.group(input.logGroupName ?? input.logGroupIdentifier), input.logStreamName);
  const events = stream.events.filter(inTime(input));
  const { limit = MAX_EVENTS, nextToken, startFromHead = false } = input;
  const [, direction, order = ''] = /^([fb])\/(.*)$/.exec(nextToken ?? '') ?? [];
  if (nextToken !== undefined && direction === undefined) throw invalid('The specified nextToken is invalid.');
  const isForward = direction === 'f' || (direction === undefined && startFromHead);
  const rest = events.filter((event) => {
    if (direction === undefined) return true;
    return isForward ? orderOf(event) > order : orderOf(event) < order;
  });
  const page = isForward ? rest.slice(0, limit) : rest.slice(Math.max(0, rest.length - limit));
  const [first, last] = [page[0], page.at(-1)];
  return {
    events: page.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
    // The same token as before tells that there is no more.
    nextForwardToken: `f/${last ? orderOf(last) : order}`,
    nextBackwardToken: `b/${first ? orderOf(first) : order}`,
  };
}

function inTime({
  startTime = 0,
  endTime = Number.MAX_SAFE_INTEGER,
}: {
  startTime?: number | undefined;
  endTime?: number | undefined;
}) {
  return ({ timestamp }: LogEvent) => timestamp >= startTime && timestamp < endTime;
}

/** Sorts by time, then by arrival. */
function orderOf({ timestamp, id }: LogEvent): string {
  return `${String(timestamp).padStart(15, '0')}-${id}`;
}
