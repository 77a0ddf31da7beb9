/** Whoever waits is told of the end, once; twice only as often as nobody could know whether it had been said. */
import type { Invariant } from './invariant';
import { Tellings } from './tellings';

export function oneNotification(): Invariant {
  const said = new Tellings();
  return {
    name: 'one notification of the end',
    see(happening, world) {
      // Whoever published may have died before it could write that down.
      if (happening.kind === 'invocation' && isLostAfterPublish(happening)) {
        for (const sessionId of world.publishedBy(happening.requestId)) {
          if (world.sessions.get(sessionId)?.notification?.doneAt == null) said.of(sessionId).unknown += 1;
        }
      }
      if (happening.kind !== 'published' || !happening.alertId.endsWith('-finished')) return undefined;
      said.tell(happening.sessionId, happening.isKnown);
      return undefined;
    },
    atEnd(world) {
      for (const sessionId of world.scenarios.keys()) {
        const { times, unknown } = said.of(sessionId);
        // Who aborts before any function ran knows it, and there is no session yet.
        const isNothing = !world.sessions.has(sessionId) && world.wasAborted(sessionId);
        if (times === 0 && !isNothing) return { sessionId, what: 'Nobody was told of its end.' };
        if (times > 1 + unknown) {
          return { sessionId, what: `Its end was told ${times} times, ${unknown} of them with an unknown outcome.` };
        }
      }
      return undefined;
    },
  };
}

const isLostAfterPublish = ({ outcome }: { outcome: string }) =>
  !['started', 'ended', 'ServiceException'].includes(outcome);
