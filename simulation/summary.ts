/** A world in numbers, small enough to be sent from a worker. */
import type { WorldReport } from './run-world';
import type { WorldJob, WorldSummary } from './shards';

export function summarize(report: WorldReport, job: WorldJob, realMs: number): WorldSummary {
  const { seed, violations, events, simulatedMs, counts, world } = report;
  for (const sessionId of world.scenarios.keys()) {
    const session = world.sessions.get(sessionId);
    const unfinished = session === undefined ? 'without a record' : 'not yet';
    counts.count(`end: ${session?.outcome?.error ?? session?.outcome?.result ?? unfinished}`);
    for (const { number, verdict } of session?.attempts ?? []) {
      if (number > 1) counts.count('attempts after the first');
      if (verdict) counts.count(`attempt: ${verdict.error ?? 'finished'}`);
    }
  }
  return { seed, sessions: job.sessions, violations, events, simulatedMs, realMs, counts: counts.all };
}
