import { runtimeFailure } from '../engine/failure';
import type { Frame } from '../engine/frame';
import type { Json } from '../json';
import { parseTimestamp } from './timestamp';

/** A Wait state waits at most this long (recording test_timestamp_too_far_in_future_boundary). */
const LONGEST_WAIT_SECONDS = 2 ** 31 - 1;

/** When a JSONPath Wait state ends, in ms since the epoch; the words of the failures are AWS's. */
export function waitUntilMs(frame: Frame, select: (path: string) => Json): number {
  const { state } = frame;
  const nowMs = frame.strand.run.clock.now();
  const untilMs =
    state.Seconds !== undefined || state.SecondsPath !== undefined
      ? nowMs + secondsOf(frame, select) * 1000
      : timestampOf(frame, select);
  if (untilMs - nowMs > LONGEST_WAIT_SECONDS * 1000) throw runtimeFailure(frame, 'Wait state delay is too long.');
  return untilMs;
}

function secondsOf(frame: Frame, select: (path: string) => Json): number {
  const { Seconds: fixed, SecondsPath: path } = frame.state;
  if (path === undefined) return Number(fixed);
  const value = selectOrNothing(path, select);
  if (value === undefined || value === null) {
    throw runtimeFailure(frame, `The SecondsPath parameter does not reference an input value: ${path}`);
  }
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  const seconds = Number(value);
  if (!Number.isInteger(seconds)) {
    throw runtimeFailure(frame, `The SecondsPath parameter cannot be parsed as a long value: ${path} == ${shown}`);
  }
  if (seconds < 0) {
    throw runtimeFailure(frame, `The SecondsPath parameter references a negative value: ${path} == ${shown}`);
  }
  return seconds;
}

function timestampOf(frame: Frame, select: (path: string) => Json): number {
  const { Timestamp: fixed, TimestampPath: path } = frame.state;
  const value = path === undefined ? fixed : selectOrNothing(path, select);
  if (value === undefined) {
    throw runtimeFailure(frame, `The TimestampPath parameter does not reference an input value: ${path}`);
  }
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  const untilMs = parseTimestamp(shown);
  if (untilMs !== undefined) return untilMs;
  throw runtimeFailure(
    frame,
    `The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: ${path} == ${shown}`,
  );
}

function selectOrNothing(path: string, select: (path: string) => Json): Json | undefined {
  try {
    return select(path);
  } catch {
    return undefined;
  }
}
