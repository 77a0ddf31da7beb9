import { join } from 'node:path';
import { type Clock, ScaledClock } from './clock';

/** Required before anything else in every Node process that shall run on the local cloud's clock. */
export const CLOCK_PRELOAD = join(__dirname, 'clock-preload.cjs');

/** A clock that is less than this away from real time at speed 1 *is* real time: processes then stay untouched. */
const REAL_TIME_TOLERANCE_MS = 50;

/** How many of the clock's seconds pass in a real one; a clock that tests drive by hand counts as real time. */
export function clockSpeed(clock: Clock): number {
  return clock instanceof ScaledClock ? clock.speed : 1;
}

/** Environment that puts a process which requires CLOCK_PRELOAD on `clock`; empty for real time. */
export function clockEnvironment(clock: Clock, realMs = Date.now()): Record<string, string> {
  const speed = clockSpeed(clock);
  const epochMs = clock.now();
  if (!(clock instanceof ScaledClock) || (speed === 1 && Math.abs(epochMs - realMs) < REAL_TIME_TOLERANCE_MS))
    return {};
  return { RUNCTL_LOCAL_CLOCK: JSON.stringify({ epochMs, realMs, speed }) };
}
