/** Nobody is woken for a job that makes its steps: in these worlds no script stalls. */
import type { Invariant } from './invariant';

export function noFalseAlarm(): Invariant {
  const unlucky = new Set<string>();
  return {
    name: 'no false alarm',
    see(happening, world) {
      if (happening.kind === 'misfortune' && happening.sessionId !== undefined) unlucky.add(happening.sessionId);
      if (happening.kind !== 'published' || !happening.alertId.includes('-stalled-')) return undefined;
      const { sessionId } = happening;
      if (unlucky.has(sessionId) || world.outages.longestMs > 0) return undefined;
      return { sessionId, what: `It was said to make no step, with ${happening.alertId}, and it does.` };
    },
  };
}
