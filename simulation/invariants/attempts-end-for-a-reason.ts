/**
 * An attempt that neither finished nor failed nor was stopped was ended by a misfortune of its machine or of its cloud. How
 * long the control plane was away is counted from the last pass of reconcile that came to its end: one that dies keeps
 * others from beginning for five minutes, and an outage may follow.
 */

import { hasTakenPart } from '../../core/session/attempts';
import type { Invariant } from './invariant';
import { Passes } from './passes';

const REASONS: readonly (string | null)[] = [
  null,
  'TrainingFailed',
  'StoppedByUser',
  'TimeLimitReached',
  'BudgetReached',
];

/** user-data.sh's 20 minutes, less booting and registering. */
const UNSTARTED_MS = 15 * 60_000;

export function attemptsEndForAReason(): Invariant {
  const unlucky = new Set<string>();
  const passes = new Passes();
  return {
    name: 'attempts end for a reason',
    see(happening, world) {
      passes.see(happening, world.nowMs);
      if (happening.kind === 'misfortune') unlucky.add(happening.instanceId);
      if (happening.kind !== 'record') return undefined;
      const { session, before } = happening;
      const attempt = session.attempts.find(
        ({ verdict }, index) => verdict !== null && !before?.attempts[index]?.verdict,
      );
      if (!attempt?.verdict || REASONS.includes(attempt.verdict.error)) return undefined;
      // A replacement that is dropped has not trained, and what trains goes on.
      if (!hasTakenPart(attempt)) return undefined;
      const isExplained = attempt.nodes.some(
        ({ instanceId }) => unlucky.has(instanceId) || world.wasDoomed(instanceId) || world.neverRegisters(instanceId),
      );
      // Before its agent is started, a machine waits for its dead-man timer alone.
      const isStarted = attempt.nodes.every(({ statusAt }) => statusAt !== null);
      const harmlessMs = isStarted ? world.outages.harmlessMs : UNSTARTED_MS;
      const awayMs = Math.max(world.outages.longestMs, passes.longestGapMs(world.nowMs));
      if (isExplained || awayMs > harmlessMs) return undefined;
      const { sessionId } = session;
      return { sessionId, what: `Attempt ${attempt.number} ended without a reason: ${attempt.verdict.message}` };
    },
  };
}
