/** What happened in a world, as lines to read: of everything, or of some sessions only. */
import { describe } from './describe';
import type { Entry } from './observer';
import type { WorldReport } from './run-world';

const SECOND_MS = 1000;

function clockOf(atMs: number): string {
  const seconds = Math.floor(atMs / SECOND_MS);
  const two = (value: number) => String(value).padStart(2, '0');
  const rest = String(Math.floor(atMs % SECOND_MS)).padStart(3, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${rest}`;
}

/** `sessions`: ids of those whose lines are wanted; outages concern all. */
export function timelineOf({ entries, world }: WorldReport, sessions: readonly string[] | 'all'): string[] {
  if (sessions === 'all') return entries.map(lineOf);
  const ids = [...sessions, ...world.instancesOf(sessions)];
  const tokens = ids.length === 0 ? /$^/ : new RegExp(ids.join('|'));
  const calls = new Set<string>();
  return entries.flatMap((entry) => {
    const line = lineOf(entry);
    const { happening } = entry;
    if (happening.kind === 'invocation') {
      const call = happening.requestId.slice(0, 8);
      const isOwn = tokens.test(happening.event);
      if (isOwn) calls.add(call);
      return isOwn ? [line] : [];
    }
    const isOwnCall = happening.kind === 'request' && calls.has(happening.call.by.split('#')[1] ?? '');
    return isOwnCall || happening.kind === 'outage' || tokens.test(line) ? [line] : [];
  });
}

function lineOf({ atMs, happening }: Entry): string {
  return `${clockOf(atMs)} ${describe(happening)}`;
}
