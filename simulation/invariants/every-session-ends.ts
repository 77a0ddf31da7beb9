/** Every session reaches one end, which never changes, and after it nothing of it is left. */
import type { Invariant } from './invariant';

export function everySessionEnds(): Invariant {
  return {
    name: 'every session ends once',
    see(happening) {
      if (happening.kind !== 'record') return undefined;
      const { session, before } = happening;
      const [was, is] = [before?.outcome, session.outcome];
      if (was == null || (is !== null && is.result === was.result && is.at === was.at && is.error === was.error)) {
        return undefined;
      }
      return { sessionId: session.sessionId, what: `The outcome ${was.result} became ${is?.result ?? 'nothing'}.` };
    },
    atEnd(world) {
      for (const sessionId of world.scenarios.keys()) {
        const status = world.executions.get(sessionId);
        const session = world.sessions.get(sessionId);
        if (status === undefined || status === 'RUNNING') return { sessionId, what: `Its execution is ${status}.` };
        if (session !== undefined && session.outcome === null) return { sessionId, what: 'It has no outcome.' };
        if (session !== undefined && session.releasedAt === null) return { sessionId, what: 'It was never released.' };
        if (session !== undefined && session.costsSettledAt === null)
          return { sessionId, what: 'Its costs were never settled.' };
      }
      return undefined;
    },
  };
}
