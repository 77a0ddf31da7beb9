/** A world in numbers, small enough to be sent from a worker. */
import { createHash } from 'node:crypto';
import { describe } from './describe';
import type { WorldReport } from './run-world';
import type { WorldJob, WorldSummary } from './shards';

export function summarize(report: WorldReport, job: WorldJob, realMs: number): WorldSummary {
  const { seed, violations, events, simulatedMs, entries, world } = report;
  const digest = createHash('sha256');
  const counts: Record<string, number> = {};
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  for (const entry of entries) {
    digest.update(`${entry.atMs} ${describe(entry.happening)}\n`);
    const { happening } = entry;
    if (happening.kind === 'misfortune') count(`instance: ${happening.fate}`);
    if (happening.kind === 'fate') count(`event: ${happening.what}`);
    if (happening.kind === 'outage' && !happening.isOver) count(`outage: ${happening.what}`);
    if (happening.kind === 'wish') count(`user: ${happening.wish}`);
    if (happening.kind === 'request') count(`request: ${happening.error ?? happening.outcome}`);
    if (happening.kind === 'invocation') count(`invocation: ${happening.outcome}`);
  }
  for (const sessionId of world.scenarios.keys()) {
    const session = world.sessions.get(sessionId);
    count(`end: ${session?.outcome?.error ?? session?.outcome?.result ?? 'refused'}`);
    for (const attempt of session?.attempts ?? []) if (attempt.number > 1) count('attempts after the first');
  }
  const sum = digest.digest('hex').slice(0, 16);
  return { seed, sessions: job.sessions, violations, events, simulatedMs, realMs, counts, digest: sum };
}
