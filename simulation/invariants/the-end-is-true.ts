/** How a session is said to have ended is how it ended: nothing is claimed that did not happen. */
import type { Session } from '../../core/session/session';
import type { World } from '../world';
import type { Invariant } from './invariant';

/** Ends that take what a user or the model brought about; others are checked by name only. */
const EXPLAINED = new Set([
  'NodeUnreachable',
  'AttemptsExhausted',
  'CapacityUnavailable',
  'QuotaExceeded',
  'LaunchConfigInvalid',
  'SpotInterrupted',
]);

export function theEndIsTrue(): Invariant {
  /** Sessions of which a training command ended: how it did. */
  const finished = new Set<string>();
  const failed = new Set<string>();
  const problemOf = (world: World, { sessionId, outcome, resultsUri }: Session): string | undefined => {
    const scenario = world.scenarios.get(sessionId);
    if (outcome === null || scenario === undefined) return undefined;
    switch (outcome.error) {
      case null:
        if (!finished.has(sessionId)) return 'succeeded, but its training never came to its end';
        return world.hasResults(resultsUri) ? undefined : 'succeeded, but its results are not in the bucket';
      case 'TrainingFailed':
        return failed.has(sessionId) ? undefined : 'failed, but its script did not';
      case 'StoppedByUser':
        return scenario.wish === undefined ? 'was stopped, but nobody asked for it' : undefined;
      case 'Aborted':
        return scenario.wish?.kind === 'abort' ? undefined : 'was aborted, but nobody did';
      case 'BudgetReached':
        return scenario.job.limits?.maxUsd == null && world.budgetsOf(sessionId).length === 0
          ? 'ran into a budget that it does not have'
          : undefined;
      case 'TimeLimitReached':
        return (scenario.job.limits?.maxHours ?? 24) < 1 ? undefined : 'ran into a limit that it does not have';
      default:
        return EXPLAINED.has(outcome.error)
          ? undefined
          : `ended with ${outcome.error}, which nothing in this world explains`;
    }
  };
  return {
    name: 'the end is true',
    see(happening, world) {
      if (happening.kind === 'training' && happening.change.kind === 'ends') {
        const { training, how } = happening.change;
        const { sessionId, script, group } = training.options;
        if (how === 'code 0' && training.step >= script.steps) finished.add(sessionId);
        if (how === 'code 1' && group.hasFailedByItself) failed.add(sessionId);
      }
      if (happening.kind !== 'record' || happening.before?.outcome != null) return undefined;
      const problem = problemOf(world, happening.session);
      const { sessionId, outcome } = happening.session;
      return problem === undefined ? undefined : { sessionId, what: `It ${problem}: ${outcome?.message}` };
    },
    atEnd(world) {
      for (const sessionId of world.scenarios.keys()) {
        // A budget may have no room for it.
        const isGood = world.budgetsOf(sessionId).length === 0;
        const isRefused = !world.sessions.has(sessionId) && !world.wasAborted(sessionId) && isGood;
        if (isRefused) return { sessionId, what: 'It was refused, and its job is good.' };
      }
      return undefined;
    },
  };
}
